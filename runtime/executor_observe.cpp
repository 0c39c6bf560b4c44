// What observers are told of a run and may ask of it.
#include "ops/element.h"
#include "runtime/executor_state.h"

namespace openinfer {

void Executor::observe(RunObserver& observer) {
  observers_.push_back(&observer);
  stepwise_ |= observer.stepwise();
  for (const auto& [sizes, ready] : plans_) announce(*ready, {&observers_.back(), 1});
}

void Executor::announce(const Ready& r, std::span<RunObserver* const> observers) {
  if (observers.empty()) return;
  std::vector<std::vector<std::string>> kernels;
  for (const Segment& s : r.plan.segments) kernels.push_back(device_.kernels(*s.recording));
  for (RunObserver* o : observers) o->planned(r.plan, kernels);
}

// ok: whether the device did what it was asked; otherwise `why` says what stopped it.
Status Executor::submit_observed(Ready& r, Segment& s, uint32_t pc, Submission& submission, CommandFault& why,
                                 bool& ok) {
  if (!stepwise_) {
    const RunPoint point{r.plan, pc};
    for (RunObserver* o : observers_)
      if (submission.times.empty()) submission.times = o->submission(*this, point);
    ok = device_.submit(*s.recording, submission, why);
    for (RunObserver* o : observers_) o->submitted(*this, point, ok);
    return {};
  }
  submission.count = 1;
  for (uint32_t c = 0; c < s.commands.size(); ++c) {
    const RunPoint point{r.plan, pc, c};
    for (RunObserver* o : observers_) OINF_TRY(o->before(*this, point));
    OINF_TRY(read_attributes(r, s));  // an observer may have changed one
    submission.first = c;
    ok = device_.submit(*s.recording, submission, why);
    if (!ok) return {};
    for (RunObserver* o : observers_) OINF_TRY(o->after(*this, point));
  }
  return {};
}

Result<DeviceView> Executor::place(const RunPoint& point, uint32_t slot) {
  const Instruction& i = point.instruction();
  if (i.kind == InstructionKind::submit) return running_->plan.segments[i.a].views[slot];
  DeviceView v;
  if (!compute(*running_, i.values) || !place(*running_, i.slots[slot], v, nullptr)) return std::move(*fault_);
  return v;
}

Result<DeviceView> Executor::place(VarId var, std::span<const int64_t> member) {
  SlotPlan whole;
  whole.var = var;
  for (int64_t index : member) whole.member.push_back({index, UINT32_MAX});
  std::vector<uint32_t> values;
  for (const Number& n : running_->plan.vars[static_cast<size_t>(var)].shape)
    if (!n.is_constant()) values.push_back(n.value);
  DeviceView v;
  if (!compute(*running_, values) || !place(*running_, whole, v, nullptr)) return std::move(*fault_);
  return v;
}

std::optional<int64_t> Executor::result_length(const RunPoint& point) const {
  if (point.command == kNoCommand || !point.segment().commands[point.command].finds_length) return std::nullopt;
  return running_->lengths[point.instruction().a][point.command];
}

Result<HostTensor> Executor::read(const DeviceView& view, DType dtype) {
  OINF_ASSIGN(HostTensor t, HostTensor::zeros(dtype, view.shape));
  OINF_TRY(read_dense(view, dtype, {t.data(), t.bytes().size()}));
  return t;
}

Status Executor::write(const RunPoint& point, VarId var, const DeviceView& view, const HostTensor& value,
                       const std::string& what) {
  if (program_.var(var).kind == VarKind::persistent) {
    SlotPlan whole;
    whole.var = var;
    DeviceView all;
    CellRange cells;
    if (!place(*running_, whole, all, &cells)) return std::move(*fault_);
    for (int i = 0; i < all.shape.rank(); ++i) cells.index[static_cast<size_t>(i)] = {0, all.shape[i]};
    OINF_TRY(persistent_.guard(var, cells));
  }
  OINF_TRY(device_.upload(view.buffer, view.offset, value.bytes()));
  for (RunObserver* o : observers_) o->edited(*this, point, what);
  return {};
}

// Dense runs of the last axes in one piece each.
Status Executor::read_dense(const DeviceView& v, DType dtype, std::span<std::byte> bytes) {
  const int rank = v.shape.rank();
  int64_t run = 1;
  int axis = rank - 1;
  for (; axis >= 0 && (v.strides[static_cast<size_t>(axis)] == run || v.shape[axis] == 1); --axis) run *= v.shape[axis];
  if (axis < 0 || !is_plain(dtype)) return device_.read_back(v.buffer, v.offset, bytes);
  if (v.shape.elements() == 0) return {};
  const uint64_t each = element_bytes(dtype), size = static_cast<uint64_t>(run) * each;
  std::array<int64_t, kMaxRank> at{};
  for (uint64_t to = 0;; to += size) {
    int64_t from = 0;
    for (int k = 0; k <= axis; ++k) from += at[static_cast<size_t>(k)] * v.strides[static_cast<size_t>(k)];
    OINF_TRY(device_.read_back(v.buffer, v.offset + static_cast<uint64_t>(from) * each, bytes.subspan(to, size)));
    int k = axis;
    for (; k >= 0; --k) {
      if (++at[static_cast<size_t>(k)] < v.shape[k]) break;
      at[static_cast<size_t>(k)] = 0;
    }
    if (k < 0) return {};
  }
}

}  // namespace openinfer
