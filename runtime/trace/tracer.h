// The trace of a run (docs/traces.md): an observer that writes what happens to a file, as it happens, in bounded
// memory. At level `time` the running thread only copies numbers; another one, of low priority, makes text of them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ir/result.h"
#include "runtime/observer.h"
#include "runtime/session.h"
#include "runtime/trace/event_writer.h"
#include "runtime/trace/payloads.h"
#include "runtime/trace/record_ring.h"
#include "runtime/trace/trace_file.h"

namespace openinfer {

// Each has what those before it have.
enum class TraceLevel : uint8_t { time, stats, digest, full };
[[nodiscard]] std::string_view name(TraceLevel level);
[[nodiscard]] std::optional<TraceLevel> trace_level(std::string_view name);

struct TraceOptions {
  std::string path;
  TraceLevel level = TraceLevel::time;
  int threads = 0;
  std::optional<uint64_t> seed;
  std::string version;  // of the program
};

class Tracer final : public RunObserver {
 public:
  // The session outlives it and has not run. R0007 when the file cannot be made.
  static Result<std::unique_ptr<Tracer>> create(const Session& session, const TraceOptions& options);
  ~Tracer() override;
  // Writes what is left. Once; without it the destructor does, and says nothing of errors. R0007.
  Status finish();

  [[nodiscard]] bool stepwise() const override { return level_ != TraceLevel::time; }
  void planned(const Plan& plan, const std::vector<std::vector<std::string>>& kernels) override;
  void forgotten(const Plan& plan) override;
  Status step_begin(RunState& state, const Plan& plan) override;
  Status step_end(RunState& state, bool succeeded) override;
  Status before(RunState& state, const RunPoint& point) override;
  Status after(RunState& state, const RunPoint& point) override;
  std::span<uint64_t> submission(RunState& state, const RunPoint& point) override;
  void submitted(RunState& state, const RunPoint& point, bool succeeded) override;
  void edited(RunState& state, const RunPoint& point, const std::string& what) override;

 private:
  Tracer(const Session& session, const TraceOptions& options, TraceFile file);
  void drain();  // the writing thread
  void take(const Record& record, std::string& text);
  Result<std::string> values(RunState& state, const RunPoint& point);
  void put(RecordKind kind, uint32_t pc, std::initializer_list<uint64_t> words);
  [[nodiscard]] TimeScale scale() const;
  Status failure();

  const Program& program_;
  TraceLevel level_;
  NodeIdentities identities_;
  FrameTree frames_;
  RecordRing ring_;
  TraceFile file_;
  EventWriter events_;
  Payloads payloads_;

  // The running thread's.
  std::map<const Plan*, std::pair<uint64_t, std::shared_ptr<const PlanEvents>>> plans_;
  const PlanEvents* plan_ = nullptr;
  uint64_t next_plan_ = 0;
  uint64_t last_ = 0;             // the newest reading: between two pieces of work there is one
  std::span<uint64_t> readings_;  // of the submission under way
  size_t submission_words_ = 0;
  uint64_t origin_ticks_ = 0, origin_nanoseconds_ = 0;

  std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<const PlanEvents>> named_;  // until the writing thread has no use for them
  std::optional<Diagnostic> error_;
  std::thread writer_;
};

}  // namespace openinfer
