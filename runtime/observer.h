// What may watch a run: traces, --dump, the debugger. An executor without observers asks one question a submission.
//
// Commands of a segment run in one submission as long as nobody looks at values in between; the device then notes when
// each of them ended. Once an observer is `stepwise`, every command is a submission of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/program.h"
#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/plan.h"

namespace openinfer {

inline constexpr uint32_t kNoCommand = UINT32_MAX;

// Where a run is: an instruction of the plan, or a command of the segment that it submits.
struct RunPoint {
  const Plan& plan;
  uint32_t pc = 0;                // into Plan::code
  uint32_t command = kNoCommand;  // of the segment
  [[nodiscard]] const Instruction& instruction() const { return plan.code[pc]; }
  [[nodiscard]] const Segment& segment() const { return plan.segments[instruction().a]; }
  [[nodiscard]] uint32_t node() const { return command == kNoCommand ? instruction().node : segment().nodes[command]; }
  [[nodiscard]] uint32_t step() const { return command == kNoCommand ? instruction().step : segment().steps[command]; }
};

// What an observer may ask while it is called.
class RunState {
 public:
  virtual ~RunState() = default;
  [[nodiscard]] virtual const Program& program() const = 0;
  [[nodiscard]] virtual int64_t symbol(SymbolId id) const = 0;
  // After loop_begin or loop_next: an iteration follows.
  [[nodiscard]] virtual bool loop_goes_on(const RunPoint& point) const = 0;
  // Where a slot of the segment, or of an instruction, lies now. Instructions: R0001 … when its place has no meaning.
  [[nodiscard]] virtual Result<DeviceView> place(const RunPoint& point, uint32_t slot) = 0;
  // All of a variable, of a family the member with these indices: as its memory is, whether it is alive or not.
  [[nodiscard]] virtual Result<DeviceView> place(VarId var, std::span<const int64_t> member) = 0;
  // After a command whose result's length only the run knows: that length, of the result's first axis.
  [[nodiscard]] virtual std::optional<int64_t> result_length(const RunPoint& point) const = 0;
  // A dense copy. dtype: of what lies there. X0001 for a view that is not dense of a type without plain elements.
  [[nodiscard]] virtual Result<HostTensor> read(const DeviceView& view, DType dtype) = 0;
  // Overwrites all of a variable that lies there, and tells every observer; `what` says how it was changed, for people.
  // What persistent memory held is kept until the step has succeeded.
  [[nodiscard]] virtual Status write(const RunPoint& point, VarId var, const DeviceView& view, const HostTensor& value,
                                     const std::string& what) = 0;
  [[nodiscard]] virtual uint64_t cache_bytes() const = 0;  // persistent memory, as allocated now
};

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  [[nodiscard]] virtual bool stepwise() const { return false; }

  // A plan is ready; it lives until `forgotten`. `kernels`: names, by segment and command.
  virtual void planned(const Plan& plan, const std::vector<std::vector<std::string>>& kernels) {
    (void)plan, (void)kernels;
  }
  virtual void forgotten(const Plan& plan) { (void)plan; }

  // An error of these ends the step.
  virtual Status step_begin(RunState& state, const Plan& plan) { return (void)state, (void)plan, Status(); }
  virtual Status step_end(RunState& state, bool succeeded) { return (void)state, (void)succeeded, Status(); }

  // Around instructions that are no submissions, and around each command where an observer is stepwise. After a command
  // that failed there is no `after`.
  virtual Status before(RunState& state, const RunPoint& point) { return (void)state, (void)point, Status(); }
  virtual Status after(RunState& state, const RunPoint& point) { return (void)state, (void)point, Status(); }

  // Around a submission that is not cut into commands. Where the device may write one time more than there are
  // commands (Submission::times), or nothing.
  virtual std::span<uint64_t> submission(RunState& state, const RunPoint& point) {
    return (void)state, (void)point, std::span<uint64_t>();
  }
  virtual void submitted(RunState& state, const RunPoint& point, bool succeeded) {
    (void)state, (void)point, (void)succeeded;
  }

  // Somebody has changed a variable by RunState::write, and said how.
  virtual void edited(RunState& state, const RunPoint& point, const std::string& what) {
    (void)state, (void)point, (void)what;
  }
};

}  // namespace openinfer
