// Records to events in JSON, in the order in which they came: nodes as complete events, what is open around them as
// begin and end events, memory as counters. docs/traces.md describes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/trace/plan_events.h"
#include "runtime/trace/records.h"

namespace openinfer {

// Ticks as nanoseconds since the trace began.
struct TimeScale {
  uint64_t origin = 0;
  double nanoseconds_per_tick = 1;
  [[nodiscard]] uint64_t operator()(uint64_t ticks) const {
    return ticks <= origin ? 0 : static_cast<uint64_t>(static_cast<double>(ticks - origin) * nanoseconds_per_tick);
  }
};

class EventWriter {
 public:
  // Program and frames outlive it.
  EventWriter(const Program& program, const FrameTree& frames, const NodeIdentities& identities)
      : program_(program), frames_(frames), identities_(identities), written_(program.variables.size(), UINT64_MAX) {}

  void set_scale(TimeScale scale) { scale_ = scale; }
  // The plan that the next records belong to.
  void set_plan(std::shared_ptr<const PlanEvents> plan) { plan_ = std::move(plan); }
  // Appends ",\n{…}" for each event; nothing for a `plan`.
  void write(const Record& record, std::string& out);

 private:
  struct Open {
    uint32_t frame = 0;
    int64_t index = 0;  // of the loop's iteration
    bool iteration = false;
  };
  struct Part {
    uint32_t command = 0;
    uint64_t begin = 0, end = 0;
  };

  void submission(const Record& r, std::string& out);
  void command(const Record& r, std::string& out);
  void host(const Record& r, std::string& out);
  void loop(const Record& r, std::string& out);
  void group(const SubmissionEvents& events, const NodeGroup& group, std::span<const Part> parts,
             const uint64_t* numbers, std::string_view values, std::string& out);
  void node(const EventText& text, uint64_t begin, uint64_t end, const uint64_t* numbers, std::string_view values,
            std::string& out);
  void memory(uint64_t time, uint64_t arena, uint64_t caches, std::string& out);
  void enter(uint32_t frame, uint64_t time, std::string& out);
  void leave_to(uint32_t depth, std::string& out);
  void open(uint32_t frame, uint64_t time, std::string& out);
  void flow_begins(std::string_view what, uint64_t time, std::string& out);
  void flow_ends(std::string_view what, uint64_t time, std::string& out);
  void moved(const EventText& from, uint64_t time, std::string& out);
  void wrote(const EventText& text, uint64_t time);
  void update_loops();

  const Program& program_;
  const FrameTree& frames_;
  const NodeIdentities& identities_;
  std::shared_ptr<const PlanEvents> plan_;
  TimeScale scale_;
  std::vector<Open> open_;         // by depth
  std::string loops_;              // "loop":{…}, of what is open
  std::vector<uint64_t> written_;  // by variable: when the node began that wrote it last; UINT64_MAX: none has
  uint64_t last_ = 0;              // nanoseconds: end of what was written last
  uint64_t steps_ = 0, flows_ = 0;
  uint64_t arena_ = UINT64_MAX, caches_ = UINT64_MAX;
  bool in_step_ = false;
  std::vector<Part> parts_;  // of the node under way, where commands come one at a time
  std::vector<std::pair<uint32_t, std::string>> part_values_;
};

}  // namespace openinfer
