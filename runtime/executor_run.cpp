// The interpreter: instructions between submissions.
#include <algorithm>
#include <cstring>

#include "ir/size_fact.h"
#include "ops/element.h"
#include "ops/number_value.h"
#include "runtime/attribute_range.h"
#include "runtime/executor_state.h"

namespace openinfer {

// Makes room for the largest index that a vector holds; negative ones are refused by who writes.
Status Executor::grow(Ready& r, const Segment& s, VarId var, const Guard::Vector& vector) {
  const SlotPlan* plan = nullptr;
  for (const auto* list : {&s.slots, &s.fixed})
    for (const SlotPlan& p : *list)
      if (p.slot == vector.slot) plan = &p;
  DeviceView v;
  if (!plan || !place(r, *plan, v, nullptr)) return std::move(*fault_);
  const DType dtype = s.operands[vector.slot].dtype;
  const uint64_t each = element_bytes(dtype);
  int64_t end = 0;
  for (int64_t i = 0; i < v.shape.elements(); ++i) {
    std::byte raw[8] = {};
    OINF_TRY(device_.read_back(v.buffer, v.offset + static_cast<uint64_t>(i * v.strides[0]) * each, {raw, each}));
    const auto index = load_element<int64_t>(raw, dtype, 0);
    if (index >= 0 && index < INT64_MAX) end = std::max(end, index + 1);
  }
  return persistent_.grow(var, vector.index, end);
}

// Scalars that ops take as attributes, as they are now, and in the ranges of ops.json.
Status Executor::read_attributes(Ready& r, Segment& s) {
  for (const AttributeRead& a : s.reads) {
    SlotPlan whole;
    whole.var = a.var;
    DeviceView v;
    if (!place(r, whole, v, nullptr)) return located(std::move(*fault_), s.nodes[0]);
    std::byte raw[8] = {};
    OINF_TRY(device_.read_back(v.buffer, v.offset, {raw, element_bytes(a.dtype)}));
    KernelAttr& k = s.attributes[a.attribute];
    if (is_float(a.dtype)) {
      k.f = load_element<double>(raw, a.dtype, 0);
      k.i = k.f > -9.2e18 && k.f < 9.2e18 ? static_cast<int64_t>(k.f) : 0;
    } else {
      k.i = load_element<int64_t>(raw, a.dtype, 0);
      k.f = load_element<double>(raw, a.dtype, 0);
    }
  }
  for (const AttributeRange& a : s.ranges) {
    const OpSchema& op = *s.commands[a.command].op;
    fault_ = outside_range(op, op.attributes[a.spec], s.attributes[a.attribute]);
    if (!fault_ && a.element) fault_ = below_zero(op, op.attributes[a.spec], s.attributes[a.attribute], *a.element);
    if (fault_) return located(std::move(*fault_), s.nodes[a.command]);
  }
  return {};
}

// What a command that failed was given, so that its reader knows whose values are meant.
void Executor::name_operands(const Segment& s, const Command& c, Diagnostic& d) const {
  std::vector<uint32_t> slots = c.in;
  if (c.kind == CommandKind::scatter) slots.insert(slots.end(), c.out.begin(), c.out.end());
  for (const uint32_t slot : slots)
    for (const auto* list : {&s.fixed, &s.slots})
      for (const SlotPlan& p : *list) {
        if (p.slot != slot || p.literal) continue;
        const Variable& v = program_.var(p.var);
        const DeviceView& view = s.views[slot];
        std::string text = "`" + v.name + "` is " + std::string(openinfer::name(s.operands[slot].dtype));
        if (view.shape.rank() > 0) text += to_string(view.shape);
        const bool said = std::any_of(d.notes.begin(), d.notes.end(), [&](const Note& n) { return n.message == text; });
        if (!said) d.notes.push_back({text + (p.selectors.empty() ? "" : " here"), v.span});
      }
  // How many there are was found by another node, whose size this result has.
  if (c.kind != CommandKind::op || !c.op->runtime_shape) return;
  for (const uint32_t slot : c.out)
    for (const SlotPlan& p : s.slots) {
      if (p.slot != slot || p.literal) continue;
      const Variable& v = program_.var(p.var);
      for (const Dim dim : v.shape)
        if (const auto size = program_.dims->as_symbol(dim);
            size && program_.symbol(*size).source == SymbolSource::result && program_.symbol(*size).span != v.span)
          d.notes.push_back(
              {"`" + program_.symbol(*size).name + "` is " + std::to_string(symbol(*size)) + " since here",
               program_.symbol(*size).span});
    }
}

Status Executor::submit(Ready& r, Segment& s, uint32_t pc) {
  const auto failed = [&](uint32_t command) {
    return located(std::move(*fault_), command < s.nodes.size() ? s.nodes[command] : UINT32_MAX);
  };
  // The command an operand belongs to, for the error's place.
  const auto owner = [&](uint32_t slot) -> uint32_t {
    for (uint32_t c = 0; c < s.commands.size(); ++c)
      for (const auto* list : {&s.commands[c].in, &s.commands[c].out})
        for (uint32_t x : *list)
          if (x == slot) return c;
    return 0;
  };
  if (!compute(r, s.values)) return failed(0);
  const bool moved = !s.placed;
  if (moved)
    for (const SlotPlan& p : s.fixed)
      if (!place(r, p, s.views[p.slot], nullptr)) return failed(owner(p.slot));
  if (!s.guards.empty()) {
    // Places of writes to persistent memory first: a table may have to grow, and what it held is kept.
    for (const Guard& g : s.guards) {
      const SlotPlan* plan = nullptr;
      for (const auto* list : {&s.slots, &s.fixed})
        for (const SlotPlan& p : *list)
          if (p.slot == g.slot) plan = &p;
      CellRange cells;
      for (const Guard::Vector& v : g.vectors)
        if (Status grown = grow(r, s, g.var, v); !grown) return located(grown.error(), s.nodes[owner(g.slot)]);
      if (plan == nullptr || !place(r, *plan, s.views[g.slot], &cells)) return failed(owner(g.slot));
      if (Status kept = persistent_.guard(g.var, cells); !kept) return located(kept.error(), s.nodes[owner(g.slot)]);
    }
  }
  for (const SlotPlan& p : s.slots)
    if (!place(r, p, s.views[p.slot], nullptr)) return failed(owner(p.slot));
  if (!check(s.checks)) return failed(0);
  for (const AttributeNumber& a : s.numbers) {
    KernelAttr& k = s.attributes[a.attribute];
    const int64_t n = number(a.number);
    if (a.element >= 0) {
      const_cast<int64_t&>(k.list[static_cast<size_t>(a.element)]) = n;  // our own list, see Segment::lists
    } else {
      k.i = n;
      k.f = static_cast<double>(n);
    }
  }
  OINF_TRY(read_attributes(r, s));
  for (const LiteralWrite& w : s.literals) {
    if (std::string why = misfit(number(w.number), w.dtype); !why.empty()) {
      fault(Code::R0001, std::move(why), w.span);
      return failed(owner(w.slot));
    }
    std::byte raw[8] = {};
    store_element<int64_t>(raw, w.dtype, 0, number(w.number));
    OINF_TRY(device_.upload(r.literals, w.offset, {raw, is_plain(w.dtype) ? element_bytes(w.dtype) : 1}));
  }
  if (s.commands.empty()) return {};
  Submission submission;
  submission.views = s.views;
  submission.attributes = s.attributes;
  submission.refresh = moved;
  s.placed = true;
  submission.lengths = r.lengths[static_cast<size_t>(&s - r.plan.segments.data())];
  CommandFault why;
  nodes_run_ += s.commands.size();
  bool ok = true;
  if (observers_.empty())
    ok = device_.submit(*s.recording, submission, why);
  else
    OINF_TRY(submit_observed(r, s, pc, submission, why, ok));
  if (ok) return {};
  fault_ = Diagnostic(why.fault.code, why.fault.message);
  if (why.command < s.commands.size()) name_operands(s, s.commands[why.command], *fault_);
  // Arguments that the graph reads from variables: where they come from.
  if (why.command < s.commands.size())
    for (const AttributeRead& a : s.reads) {
      const Command& c = s.commands[why.command];
      if (a.attribute < c.first_attribute || a.attribute >= c.first_attribute + c.attributes.size()) continue;
      const Variable& v = program_.var(a.var);
      if (why.fault.message.find(v.name) != std::string::npos)
        fault_->notes.push_back({"`" + v.name + "` is declared here", v.span});
    }
  return failed(why.command);
}

bool Executor::condition(Ready& r, const Instruction& i, Status& status) {
  DeviceView v;
  if (!compute(r, i.values) || !place(r, i.slots[0], v, nullptr)) {
    status = located(std::move(*fault_), i.node);
    return false;
  }
  std::byte b{};
  if (Status s = device_.read_back(v.buffer, v.offset, {&b, 1}); !s) status = s;
  return b != std::byte{0};
}

Status Executor::load(Ready& r, const Instruction& i) {
  DeviceView v;
  if (!compute(r, i.values) || !place(r, i.slots[0], v, nullptr)) return located(std::move(*fault_), i.node);
  std::byte raw[8] = {};
  OINF_TRY(device_.read_back(v.buffer, v.offset, {raw, element_bytes(i.dtype)}));
  symbols_[i.a] = load_element<int64_t>(raw, i.dtype, 0);
  return {};
}

Status Executor::increment(Ready& r, const Instruction& i) {
  DeviceView v;
  CellRange cells;
  if (!compute(r, i.values) || !place(r, i.slots[0], v, &cells)) return located(std::move(*fault_), i.node);
  OINF_TRY(persistent_.guard(i.var, cells));
  // The counter may wrap, what is counted may not.
  const int64_t by = number(i.number);
  const int bits = static_cast<int>(8 * element_bytes(i.dtype)) - (is_signed(i.dtype) ? 1 : 0);
  if (const int64_t most = bits < 63 ? (int64_t{1} << bits) - 1 : INT64_MAX; by > most || by < -most)
    return located(Diagnostic(Code::R0005,
                              "`" + program_.var(i.var).name + "` is " + std::string(openinfer::name(i.dtype)) +
                                  ", which goes by at most " + std::to_string(most) + ", not by " + std::to_string(by),
                              i.slots[0].span)
                       .note("declared here", program_.var(i.var).span),
                   i.node);
  std::byte raw[8] = {};
  const size_t bytes = element_bytes(i.dtype);
  OINF_TRY(device_.read_back(v.buffer, v.offset, {raw, bytes}));
  uint64_t n = 0;
  std::memcpy(&n, raw, bytes);
  n += static_cast<uint64_t>(by);  // integers wrap
  std::memcpy(raw, &n, bytes);
  return device_.upload(v.buffer, v.offset, {raw, bytes});
}

// How far an axis of a growing tensor reaches, after it has grown.
Status Executor::growth(Ready& r, const Instruction& i) {
  if (!compute(r, i.values)) return located(std::move(*fault_), i.node);
  const Variable& v = program_.var(i.var);
  const SlotPlan& p = i.slots[0];
  std::vector<int64_t> member;
  for (uint32_t k = 0; k < v.table.size(); ++k) {
    member.push_back(number(p.selectors[k].lo));
    const int64_t at = member.back(), end = persistent_.view(i.var).shape[static_cast<int>(k)];
    if (at < 0 || (v.table[k].bound && at >= end)) {
      out_of_range(p, k, "index " + std::to_string(at), end);
      return located(std::move(*fault_), i.node);
    }
    // A member that nobody named before is as declared.
    if (Status s = at < INT64_MAX ? persistent_.grow(i.var, k, at + 1) : Status(); !s)
      return located(s.error(), i.node);
  }
  if (i.kind == InstructionKind::grow) {
    const TableIndex& index = v.growing[i.b].index;
    const int64_t by = number(i.number);
    const auto most = index.bound ? program_.dims->value(*index.bound) : std::optional<int64_t>();
    if (by < 0 || (most && by > *most)) {
      Diagnostic d(Code::R0001,
                   "index " + std::to_string(by) + " is out of range: `" + v.name + "`, index `" + index.name +
                       "` is " + (most ? "0 to " + std::to_string(*most) : "0 or more"),
                   p.span);
      if (const SizeFact* f = size_fact(program_, index.size); f && by > 0) {
        d.notes.push_back({"size `" + f->name + "` is " + std::to_string(*most) + ", from " + f->source, f->span});
        if (f->source != "package") d.help = "a larger `" + f->name + "` makes room: --size " + f->name + "=N";
      }
      return located(std::move(d), i.node);
    }
    if (Status s = persistent_.grow_axis(i.var, member, i.b, by); !s) return located(s.error(), i.node);
  }
  symbols_[i.a] = persistent_.growth(i.var, member, i.b);
  return {};
}

Status Executor::forget(Ready& r, const Instruction& i) {
  if (!compute(r, i.values)) return located(std::move(*fault_), i.node);
  const Variable& v = program_.var(i.var);
  const SlotPlan& p = i.slots[0];
  const Shape shape = persistent_.view(i.var).shape;
  CellRange members;
  for (uint32_t k = 0; k < v.table.size(); ++k) {
    const int64_t end = shape[static_cast<int>(k)];
    members.index[k] = {0, end};
    if (k < p.selectors.size() && p.selectors[k].at) {
      const int64_t at = number(p.selectors[k].lo);
      if (at < 0 || (v.table[k].bound && at >= end)) {
        out_of_range(p, k, "index " + std::to_string(at), end);
        return located(std::move(*fault_), i.node);
      }
      members.index[k] = {std::min(at, end), std::min(at + 1, end)};
    }
    if (members.index[k].first >= members.index[k].second) return {};  // nobody named it yet
  }
  return persistent_.reset_members(i.var, members);
}

Status Executor::emit(Ready& r, const Instruction& i, const OnEmission& on_emission, bool& ended) {
  DeviceView v;
  if (!compute(r, i.values) || !place(r, i.slots[0], v, nullptr)) return located(std::move(*fault_), i.node);
  const EmissionPlan& e = r.plan.emissions[i.a];
  const int64_t n = v.shape.elements();
  const int rank = v.shape.rank();
  const auto bytes =
      storage_bytes(e.dtype, static_cast<uint64_t>(n), rank ? static_cast<uint64_t>(v.shape[rank - 1]) : 1);
  if (!bytes) return located(Diagnostic(Code::X0001, "a value has no size"), i.node);
  if (Status room = reserve_emission(*bytes, 0); !room) return located(room.error(), i.node);
  OINF_TRY(read_dense(v, e.dtype, {emitted_.get(), *bytes}));
  const Emission emission{e.name, *e.adapter, TensorView::dense(emitted_.get(), e.dtype, v.shape), i.node};
  if (on_emission && !on_emission(emission)) ended = true;
  return {};
}

Status Executor::run(Ready& r, const OnEmission& on_emission, bool& ended) {
  Plan& plan = r.plan;
  const auto failed = [&](const Instruction& i) { return located(std::move(*fault_), i.node); };
  for (size_t pc = 0; pc < plan.code.size();) {
    if (cancelled_.load(std::memory_order_relaxed)) return Diagnostic(Code::C0001, "cancelled");
    Instruction& i = plan.code[pc];
    const auto here = static_cast<uint32_t>(pc++);
    if (i.kind == InstructionKind::submit) {
      OINF_TRY(submit(r, plan.segments[i.a], here));
      continue;
    }
    for (RunObserver* o : observers_) OINF_TRY(o->before(*this, {plan, here}));
    switch (i.kind) {
      case InstructionKind::submit:
        break;  // above
      case InstructionKind::load:
        OINF_TRY(load(r, i));
        break;
      case InstructionKind::extent:
        symbols_[i.a] = persistent_.extent(i.var, i.b);
        break;
      case InstructionKind::define:
        if (!compute(r, i.values)) return failed(i);
        symbols_[i.a] = number(i.number);
        break;
      case InstructionKind::length: {
        // The submission before this found it.
        const auto segment = plan.code[pc - 2].a;
        symbols_[i.a] = r.lengths[segment][i.b];
        break;
      }
      case InstructionKind::view: {
        DeviceView v;
        if (!compute(r, i.values) || !check(i.checks) || !place(r, i.slots[0], v, nullptr)) return failed(i);
        if (i.reshape) {
          const VarPlan& p = plan.vars[static_cast<size_t>(i.var)];
          v.shape = Shape();
          for (const Number& n : p.shape) v.shape.push_back(number(n));
          int64_t stride = 1;
          for (int k = v.shape.rank() - 1; k >= 0; --k) {
            v.strides[static_cast<size_t>(k)] = stride;
            stride *= v.shape[k];
          }
        }
        view_vars_[static_cast<size_t>(i.var)] = v;
        break;
      }
      case InstructionKind::loop_begin: {
        const LoopPlan& l = plan.loops[i.a];
        if (!compute(r, i.values)) return failed(i);
        const int64_t lo = number(l.lo), hi = number(l.hi);
        symbols_[static_cast<size_t>(l.symbol)] = lo;
        loop_ends_[i.a] = hi;
        if (lo >= hi) pc = i.b;
        break;
      }
      case InstructionKind::loop_next: {
        const LoopPlan& l = plan.loops[i.a];
        if (++symbols_[static_cast<size_t>(l.symbol)] < loop_ends_[i.a]) pc = i.b;
        break;
      }
      case InstructionKind::jump:
        pc = i.b;
        break;
      case InstructionKind::jump_if:
      case InstructionKind::jump_if_not: {
        Status status;
        const bool yes = condition(r, i, status);
        OINF_TRY(status);
        if (yes == (i.kind == InstructionKind::jump_if)) pc = i.b;
        break;
      }
      case InstructionKind::member: {
        const auto constant = compute(r, i.values) ? member(i.slots[0]) : std::nullopt;
        if (!constant) return failed(i);
        const ConstantMember& c = program_.constants[*constant];
        if (c.dtype != i.dtype || c.layout != i.layout) pc = i.b;
        break;
      }
      case InstructionKind::growth:
      case InstructionKind::grow:
        OINF_TRY(growth(r, i));
        break;
      case InstructionKind::forget:
        OINF_TRY(forget(r, i));
        break;
      case InstructionKind::empty:
        persistent_.empty(i.var);
        break;
      case InstructionKind::increment:
        OINF_TRY(increment(r, i));
        break;
      case InstructionKind::emit:
        OINF_TRY(emit(r, i, on_emission, ended));
        break;
      case InstructionKind::check:
        if (!compute(r, i.values) || !check(i.checks)) return failed(i);
        break;
    }
    for (RunObserver* o : observers_) OINF_TRY(o->after(*this, {plan, here}));
    if (ended) return {};
  }
  return {};
}

}  // namespace openinfer
