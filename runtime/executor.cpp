#include "runtime/executor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "ir/panel16.h"
#include "ops/element.h"
#include "ops/schema.h"
#include "runtime/at_node.h"
#include "runtime/executor_state.h"
#include "runtime/session_file.h"

namespace openinfer {
namespace {

constexpr size_t kMaxPlans = 32;

}  // namespace

Executor::Executor(const Program& program, Device& device, uint64_t memory_limit) : program_(program), device_(device) {
  const DeviceMemory memory = device.memory();
  budget_ = MemoryBudget(memory.bytes, memory.source, memory_limit);
}
Executor::~Executor() = default;

Result<std::unique_ptr<Executor>> Executor::create(const Program& program, Device& device, const PayloadOf& payload,
                                                   uint64_t memory_limit) {
  std::unique_ptr<Executor> e(new Executor(program, device, memory_limit));
  OINF_TRY(e->setup(payload));
  return e;
}

Status Executor::setup(const PayloadOf& payload) {
  for (const ConstantMember& c : program_.constants) {
    if (c.tensor.empty()) {
      // Inline values live in the program, which outlives us.
      OINF_ASSIGN(const BufferId b, device_.import(c.bytes));
      constants_.push_back(b);
    } else {
      OINF_ASSIGN(std::span<const std::byte> bytes, payload(c.tensor));
      if (c.as_rows) {
        OINF_ASSIGN(auto rows, unpack_panel16(c.dtype, c.stored, bytes));
        bytes = rows_.emplace_back(std::move(rows));
      }
      OINF_ASSIGN(const BufferId b, device_.import(bytes));
      constants_.push_back(b);
    }
  }
  OINF_ASSIGN(persistent_, PersistentStore::create(program_, device_, constants_, budget_));
  symbols_.resize(program_.symbols.size());
  for (uint32_t i = 0; i < program_.symbols.size(); ++i)
    if (program_.symbols[i].source == SymbolSource::extent) extents_.push_back(i);
  find_scalars();
  view_vars_.resize(program_.variables.size());
  weights_ = weights();
  return {};
}

Diagnostic Executor::located(Diagnostic d, uint32_t node) const { return at_node(std::move(d), program_, node); }

bool Executor::fault(Code code, std::string message, Span span) {
  fault_ = Diagnostic(code, std::move(message), span);
  return false;
}

// The newest plan that was made for such inputs. A step like one before finds it without taking memory.
Result<Executor::Ready*> Executor::ready(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  sign(inputs);
  if (!assumed)
    for (auto i = plans_.begin(); i != plans_.end(); ++i)
      if (i->second->signature == signature_) {
        plans_.splice(plans_.begin(), plans_, i);
        return plans_.front().second.get();
      }
  OINF_ASSIGN(Ready * r, plan_for(inputs, assumed));
  sign(inputs);
  r->signature = assumed && !assumed->empty() ? std::vector<int64_t>() : signature_;
  return r;
}

Result<Executor::Ready*> Executor::plan_for(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  OINF_ASSIGN(const InputSizes sizes, input_sizes(inputs, assumed));
  for (auto i = plans_.begin(); i != plans_.end(); ++i)
    if (i->first == sizes) {
      plans_.splice(plans_.begin(), plans_, i);
      return plans_.front().second.get();
    }
  auto made = std::make_unique<Ready>();
  auto plan = make_plan(program_, sizes);
  if (!plan.ok() && plan.error().code == Code::E0216 && !scalars_are_sizes_ && !scalars_.empty()) {
    // Nothing but the caller's scalars can bound this memory: from now on there is a plan for each of their values.
    scalars_are_sizes_ = true;
    return plan_for(inputs, assumed);
  }
  if (!plan.ok()) return std::move(plan).error();
  made->plan = std::move(*plan);
  OINF_TRY(record(*made));
  if (plans_.size() >= kMaxPlans) {
    Ready& oldest = *plans_.back().second;
    if (last_ == &oldest) last_ = nullptr;
    for (RunObserver* o : observers_) o->forgotten(oldest.plan);
    for (Segment& s : oldest.plan.segments)
      if (s.recording) device_.release(*s.recording);
    device_.release(oldest.literals);
    plans_.pop_back();
  }
  plans_.emplace_front(sizes, std::move(made));
  announce(*plans_.front().second, observers_);
  return plans_.front().second.get();
}

Status Executor::record(Ready& r) {
  Plan& p = r.plan;
  OINF_ASSIGN(r.literals, device_.allocate(p.literal_bytes));
  for (const auto& [offset, bytes] : p.literal_constants) OINF_TRY(device_.upload(r.literals, offset, bytes));
  r.own_use = plan_use(p, 0);
  r.lengths.resize(p.segments.size());
  for (size_t i = 0; i < p.segments.size(); ++i) {
    Segment& s = p.segments[i];
    r.lengths[i].resize(s.commands.size());
    auto recording = device_.record(s.commands, s.operands);
    if (!recording) return located(std::move(recording).error(), s.nodes.empty() ? UINT32_MAX : s.nodes[0]);
    s.recording = *recording;
  }
  return {};
}

// Whether the step fits the budget: known before anything of it runs.
Status Executor::admit(Ready& r, const Inputs& inputs) {
  Plan& plan = r.plan;
  const MemoryNeed all = need(r, inputs);
  r.use = r.own_use;
  const uint64_t shown = all.emissions - plan.need.emissions;
  r.use += {all.inputs + shown, all.inputs + all.weights + all.scratch + shown};
  if (Status room = budget_.admit(r.use + persistent_.use()); !room) {
    Diagnostic d = room.error();
    if (d.code == Code::R0009) d.notes.push_back(by_kind(all));
    for (Note& n : largest_variables(program_, plan, persistent_, d.code == Code::R0006))
      d.notes.push_back(std::move(n));
    return std::move(d).with_help("--plan shows what takes how much");
  }
  r.room = budget_.left(r.use.held + persistent_.use().held);
  for (VarPlan& v : plan.vars) v.bounded = v.kind == VarPlan::Kind::arena && v.dynamic && v.bytes > r.room;
  persistent_.stands_beside(r.use);
  return {};
}

// All that the step uses and has room for.
Status Executor::allocate(Ready& r) {
  OINF_TRY(persistent_.allocate());
  const Plan& p = r.plan;
  if (p.need.arena > arena_bytes_) {
    if (arena_bytes_) device_.release(arena_);
    last_ = nullptr;
    arena_bytes_ = 0;
    OINF_ASSIGN(arena_, device_.allocate(p.need.arena));
    arena_bytes_ = p.need.arena;
    for (auto& [sizes, other] : plans_)
      for (Segment& s : other->plan.segments) s.placed = false;
  }
  return reserve_emission(p.surely_emitted, p.need.emissions);
}

// Room for an emission of `sure` bytes, and for one of `most` where that is not very much more.
Status Executor::reserve_emission(uint64_t sure, uint64_t most) {
  constexpr uint64_t kUnasked = uint64_t{1} << 28;
  const uint64_t bytes = std::max(sure, std::min(most, kUnasked));
  if (bytes <= emitted_bytes_) return {};
  emitted_.reset();  // what it holds was looked at
  emitted_bytes_ = 0;
  for (const uint64_t tried : {bytes, sure}) {
    emitted_.reset(new (std::nothrow) std::byte[tried]);
    if (!emitted_) continue;
    emitted_bytes_ = tried;
    return {};
  }
  return Diagnostic(Code::R0006, "no memory for an emission of " + bytes_text(sure));
}

uint64_t Executor::weights() const {
  uint64_t bytes = 0;
  for (const ConstantMember& c : program_.constants) {
    const auto elements = c.stored.elements_checked().value_or(0);
    const int rank = c.stored.rank();
    bytes +=
        storage_bytes(c.dtype, static_cast<uint64_t>(elements), rank ? static_cast<uint64_t>(c.stored[rank - 1]) : 1)
            .value_or(0);
  }
  return bytes;
}

// Sizes that nobody gave are the least with which there is a plan: a graph may divide by four, or leave out a row.
Result<Executor::Ready*> Executor::ready_for_some(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  constexpr int64_t kEach = 64, kMost = 4096;
  assumed_size_ = 1;
  auto first = ready(inputs, assumed);
  if (first.ok() || !assumed || assumed->empty()) return first;
  if (first.error().code != Code::R0003 && first.error().code != Code::R0004) return first;
  for (int64_t n = 2; n <= kMost; n = n < kEach ? n + 1 : n * 2) {
    assumed_size_ = n;
    auto next = ready(inputs, assumed);
    if (next.ok()) return next;
  }
  Diagnostic d = first.error();
  for (const AssumedSize& a : *assumed) d.notes.push_back({"size `" + a.name + "` is given by no input", {}});
  return std::move(d).with_help("--input gives what the plan is for");
}

Result<MemoryNeed> Executor::need(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  OINF_ASSIGN(const Ready* r, ready_for_some(inputs, assumed));
  return need(*r, inputs);
}

MemoryNeed Executor::need(const Ready& r, const Inputs& inputs) const {
  MemoryNeed n = r.plan.need;
  n.growing = persistent_.growing_bytes();
  n.persistent = persistent_.bytes() - n.growing;
  n.undo = persistent_.undo_bytes();
  n.scratch = device_.scratch_bytes();
  n.weights = weights_;
  for (const VarId v : shown_) n.emissions = std::max(n.emissions, r.plan.vars[static_cast<size_t>(v)].bytes);
  for (const auto& [name, id] : program_.inputs) {
    const Variable& v = program_.var(id);
    const auto given = inputs.find(static_cast<uint32_t>(id));
    if (given != inputs.end())
      n.inputs += given->second->bytes().size();
    else if (!v.initial && !v.default_empty)
      n.inputs += r.plan.vars[static_cast<size_t>(id)].bytes;  // it will be given
  }
  return n;
}

Status Executor::fits(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  OINF_ASSIGN(Ready * r, ready_for_some(inputs, assumed));
  return admit(*r, inputs);
}

std::vector<std::pair<uint32_t, std::string>> Executor::kernels() const {
  std::vector<std::pair<uint32_t, std::string>> list;
  if (plans_.empty()) return list;
  for (const Segment& s : plans_.front().second->plan.segments) {
    const auto names = device_.kernels(*s.recording);
    for (size_t i = 0; i < names.size(); ++i) list.emplace_back(s.nodes[i], names[i]);
  }
  return list;
}

Status Executor::step(const Inputs& inputs, const OnEmission& on_emission) {
  cancelled_.store(false, std::memory_order_relaxed);
  OINF_ASSIGN(Ready * r, ready(inputs));
  OINF_TRY(admit(*r, inputs));
  OINF_TRY(allocate(*r));
  last_ = r;
  for (const uint32_t symbol : extents_) symbols_[symbol] = 0;
  for (const auto& [symbol, value] : plans_.front().first) symbols_[symbol] = value;
  values_.resize(std::max(values_.size(), r->plan.values.size()));
  loop_ends_.resize(std::max(loop_ends_.size(), r->plan.loops.size()));
  OINF_TRY(upload_inputs(*r, inputs));
  bool ended = false;
  running_ = r;
  Status status;
  for (RunObserver* o : observers_)
    if (status) status = o->step_begin(*this, r->plan);
  if (status) status = run(*r, on_emission, ended);
  for (RunObserver* o : observers_) {
    Status told = o->step_end(*this, status.ok());
    if (status) status = std::move(told);
  }
  running_ = nullptr;
  if (!status) {
    OINF_TRY(persistent_.rollback());
    return status;
  }
  persistent_.commit();
  return {};
}

Status Executor::save(const std::string& path, SessionContent content) {
  OINF_TRY(persistent_.allocate());
  content.variables = persistent_.saved();
  return SessionFile::write(
      path, content, [this](size_t variable, const ByteSink& sink) { return persistent_.read_saved(variable, sink); });
}

Status Executor::restore(const SessionFile& file) {
  OINF_TRY(persistent_.restore(program_, file));
  for (auto& [sizes, ready] : plans_)  // tables may have moved
    for (Segment& s : ready->plan.segments) s.placed = false;
  return {};
}

// Of what the last step left.
Result<Shape> Executor::value_shape(VarId var) const {
  const Variable& v = program_.var(var);
  if (!last_) return Diagnostic(Code::I0008, "nothing has run yet");
  if (last_->plan.vars[static_cast<size_t>(var)].kind != VarPlan::Kind::arena)
    return Diagnostic(Code::I0008, "`" + v.name + "` has no value to read", v.span);
  Shape shape;
  for (Dim d : v.shape) shape.push_back(program_.dims->evaluate(d, symbols_).value);
  return shape;
}

Result<HostTensor> Executor::read(VarId var) {
  OINF_ASSIGN(const Shape shape, value_shape(var));
  OINF_ASSIGN(HostTensor t, HostTensor::zeros(*program_.var(var).dtype, shape));
  OINF_TRY(device_.read_back(arena_, last_->plan.vars[static_cast<size_t>(var)].offset, {t.data(), t.bytes().size()}));
  return t;
}

Status Executor::show(VarId var, const Adapter& adapter, const OnEmission& on_emission) {
  OINF_ASSIGN(const Shape shape, value_shape(var));
  const Variable& v = program_.var(var);
  const uint64_t row = shape.rank() ? static_cast<uint64_t>(shape[shape.rank() - 1]) : 1;
  const uint64_t bytes = storage_bytes(*v.dtype, static_cast<uint64_t>(shape.elements()), row).value_or(0);
  OINF_TRY(reserve_emission(bytes, 0));
  OINF_TRY(device_.read_back(arena_, last_->plan.vars[static_cast<size_t>(var)].offset, {emitted_.get(), bytes}));
  on_emission(Emission{v.name, adapter, TensorView::dense(emitted_.get(), *v.dtype, shape)});
  return {};
}

}  // namespace openinfer
