// Runs a Program on a device: makes and keeps plans, owns the arena and the persistent memory of one session.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "ir/program.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/device.h"
#include "runtime/observer.h"
#include "runtime/persistent.h"
#include "runtime/plan.h"

namespace openinfer {

struct SessionContent;

// A value that the graph gives while it runs. Valid during the call only.
struct Emission {
  std::string_view name;
  const Adapter& adapter;
  TensorView value;            // dense, in host memory
  uint32_t node = UINT32_MAX;  // that emits it, of Program::nodes; none for a variable that is shown
};

// False ends the step; what was written until then stays.
using OnEmission = std::function<bool(const Emission&)>;

// The payload of a stored tensor, mapped.
using PayloadOf = std::function<Result<std::span<const std::byte>>(const std::string& tensor)>;

// A size that no input has given, and what a plan without a run takes it for.
struct AssumedSize {
  std::string name, input;
  int64_t value = 1;
};

class Executor final : private RunState {
 public:
  // program and device outlive the executor. memory_limit: bytes, 0 for none (memory_budget.h). R0006, R0009.
  static Result<std::unique_ptr<Executor>> create(const Program& program, Device& device, const PayloadOf& payload,
                                                  uint64_t memory_limit);
  ~Executor();

  // One step. Inputs by VarId; those without a value take their default. Errors leave persistent memory as it was.
  Status step(const std::map<uint32_t, const HostTensor*>& inputs, const OnEmission& on_emission);
  // The value of an input or volatile variable after a step.
  Result<HostTensor> read(VarId var);
  // The same, in the room that emissions have; plans from now on count it there.
  void will_show(VarId var) { shown_.push_back(var); }
  Status show(VarId var, const Adapter& adapter, const OnEmission& on_emission);
  Status reset() { return persistent_.reset(); }
  [[nodiscard]] Status save(const std::string& path, SessionContent content);  // see Session::save
  Status restore(const SessionFile& file);                                     // PersistentStore::restore

  // May be called from another thread or a signal handler: the step under way ends with C0001.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  // Exact bytes for inputs of these sizes, without running. Takes none of this memory. `assumed`: see Session::need.
  Result<MemoryNeed> need(const std::map<uint32_t, const HostTensor*>& inputs, std::vector<AssumedSize>* assumed);
  // Whether such a step would begin: R0006, R0009 with what takes how much.
  Status fits(const std::map<uint32_t, const HostTensor*>& inputs, std::vector<AssumedSize>* assumed);
  [[nodiscard]] uint64_t nodes_run() const { return nodes_run_; }
  // Before the first step; the observer outlives the executor. Several are called in the order in which they came.
  void observe(RunObserver& observer);
  // For --explain: node and kernel of every command of the newest plan.
  [[nodiscard]] std::vector<std::pair<uint32_t, std::string>> kernels() const;

 private:
  struct Ready;  // a plan with its recordings
  Executor(const Program& program, Device& device, uint64_t memory_limit);
  Status setup(const PayloadOf& payload);
  using Inputs = std::map<uint32_t, const HostTensor*>;
  // executor_inputs.cpp
  void find_scalars();
  Result<InputSizes> input_sizes(const Inputs& inputs, std::vector<AssumedSize>* assumed);
  Status upload_inputs(Ready& r, const Inputs& inputs);
  void sign(const Inputs& inputs);
  Result<Ready*> ready(const Inputs& inputs, std::vector<AssumedSize>* assumed = nullptr);
  Result<Ready*> plan_for(const Inputs& inputs, std::vector<AssumedSize>* assumed);
  Result<Ready*> ready_for_some(const Inputs& inputs, std::vector<AssumedSize>* assumed);
  Status record(Ready& r);
  [[nodiscard]] MemoryNeed need(const Ready& r, const Inputs& inputs) const;
  Status admit(Ready& r, const Inputs& inputs);
  Status allocate(Ready& r);
  Result<Shape> value_shape(VarId var) const;
  Status reserve_emission(uint64_t sure, uint64_t most);
  [[nodiscard]] uint64_t weights() const;
  Status run(Ready& r, const OnEmission& on_emission, bool& ended);
  Status submit(Ready& r, Segment& s, uint32_t pc);
  Status submit_observed(Ready& r, Segment& s, uint32_t pc, Submission& submission, CommandFault& why, bool& ok);
  Status read_attributes(Ready& r, Segment& s);
  void name_operands(const Segment& s, const Command& c, Diagnostic& d) const;
  Status grow(Ready& r, const Segment& s, VarId var, const Guard::Vector& vector);
  Status emit(Ready& r, const Instruction& i, const OnEmission& on_emission, bool& ended);
  Status increment(Ready& r, const Instruction& i);
  Status load(Ready& r, const Instruction& i);
  Status growth(Ready& r, const Instruction& i);
  Status forget(Ready& r, const Instruction& i);
  bool condition(Ready& r, const Instruction& i, Status& status);

  // views.cpp of a run: places of operands
  bool compute(const Ready& r, std::span<const uint32_t> values);
  bool check(const std::vector<Check>& checks);
  bool place(Ready& r, const SlotPlan& p, DeviceView& out, CellRange* cells);
  bool base(Ready& r, const SlotPlan& p, DeviceView& out);
  void reach(const SlotPlan& p, DeviceView& v) const;
  std::optional<uint32_t> member(const SlotPlan& p);
  int64_t number(const Number& n) const { return n.is_constant() ? n.constant : values_[n.value]; }
  bool out_of_range(const SlotPlan& p, size_t selector, std::string what, int64_t extent);
  bool fault(Code code, std::string message, Span span = {});
  Diagnostic located(Diagnostic d, uint32_t node) const;
  Status read_dense(const DeviceView& view, DType dtype, std::span<std::byte> bytes);

  // executor_observe.cpp: what observers may ask, RunState
  void announce(const Ready& r, std::span<RunObserver* const> observers);
  [[nodiscard]] const Program& program() const override { return program_; }
  [[nodiscard]] int64_t symbol(SymbolId id) const override { return symbols_[static_cast<size_t>(id)]; }
  [[nodiscard]] bool loop_goes_on(const RunPoint& point) const override {
    const uint32_t loop = point.instruction().a;
    return symbol(point.plan.loops[loop].symbol) < loop_ends_[loop];
  }
  Result<DeviceView> place(const RunPoint& point, uint32_t slot) override;
  Result<DeviceView> place(VarId var, std::span<const int64_t> member) override;
  [[nodiscard]] std::optional<int64_t> result_length(const RunPoint& point) const override;
  Result<HostTensor> read(const DeviceView& view, DType dtype) override;
  Status write(const RunPoint& point, VarId var, const DeviceView& view, const HostTensor& value,
               const std::string& what) override;
  [[nodiscard]] uint64_t cache_bytes() const override { return persistent_.bytes(); }

  const Program& program_;
  Device& device_;
  MemoryBudget budget_;
  std::vector<BufferId> constants_;         // by Program::constants
  std::list<std::vector<std::byte>> rows_;  // of constants that are stored in panels and read as rows
  PersistentStore persistent_;
  std::list<std::pair<InputSizes, std::unique_ptr<Ready>>> plans_;  // newest use first
  BufferId arena_{};
  uint64_t arena_bytes_ = 0, weights_ = 0;
  std::vector<int64_t> symbols_, values_, loop_ends_;
  std::vector<int64_t> signature_;                   // of the inputs at hand
  std::vector<uint32_t> extents_;                    // symbols that are 0 until the step says more
  std::vector<std::pair<uint32_t, VarId>> scalars_;  // symbols that read the caller's scalars
  int64_t assumed_size_ = 1;                         // of what no input gives, while a plan is asked for
  bool scalars_are_sizes_ = false;                   // plans depend on them too
  std::vector<VarId> shown_;
  std::vector<DeviceView> view_vars_;
  std::unique_ptr<std::byte[]> emitted_;  // not written before it is used: pages come when they are
  uint64_t emitted_bytes_ = 0;
  std::optional<Diagnostic> fault_;
  std::vector<RunObserver*> observers_;
  Ready* running_ = nullptr;  // during a step
  Ready* last_ = nullptr;     // whose values the arena holds
  bool stepwise_ = false;     // an observer looks at values
  std::atomic<bool> cancelled_{false};
  uint64_t nodes_run_ = 0;
};

}  // namespace openinfer
