// Steps to instructions and recorded commands.
#include <algorithm>
#include <cstring>

#include "ops/element.h"
#include "ops/number_value.h"
#include "ops/schema.h"
#include "runtime/attribute_range.h"
#include "runtime/initial_value.h"
#include "runtime/planner.h"

namespace openinfer {

Segment& Planner::segment() {
  if (!open_) {
    plan_.segments.emplace_back();
    open_ = true;
    written_here_.clear();
  }
  return plan_.segments.back();
}

void Planner::close_segment() {
  if (!open_) return;
  open_ = false;
  Instruction i;
  i.kind = InstructionKind::submit;
  i.a = static_cast<uint32_t>(plan_.segments.size() - 1);
  plan_.code.push_back(std::move(i));
}

Instruction& Planner::instruction(InstructionKind kind, const Step& s) {
  close_segment();
  Instruction i;
  i.kind = kind;
  i.node = s.node;
  i.step = step_;
  plan_.code.push_back(std::move(i));
  return plan_.code.back();
}

void Planner::checks(const Step& s, std::vector<Check>& out, std::vector<uint32_t>* values) {
  for (const SizeCheck& c : s.checks) {
    const Number a = number(c.a, values), b = number(c.b, values);
    if (a.is_constant() && b.is_constant()) {
      if (a.constant != b.constant)
        fail(Diagnostic(Code::R0003,
                        "sizes differ for these inputs: " + c.what + ": " + std::to_string(a.constant) + " and " +
                            std::to_string(b.constant),
                        c.span));
      continue;
    }
    out.push_back({a, b, c.a, c.b, c.what + " differ in size"});
  }
}

std::array<std::byte, 8> Planner::pattern(const Variable& v) {
  if (!v.initial || v.kind == VarKind::dynamic) return {};
  LiteralValue value = *v.initial;
  if (value.kind == LiteralValue::Kind::integer) value.integer = bind(value.integer);
  return repeated(value, v.dtype.value_or(DType::f32), dims_);
}

void Planner::attributes(const Step& s, Command& c) {
  Segment& seg = segment();
  c.first_attribute = static_cast<uint32_t>(seg.attributes.size());
  for (const StepAttr& a : s.attributes) {
    KernelAttr k;
    const auto at = static_cast<uint32_t>(seg.attributes.size());
    const size_t given_by_run = seg.numbers.size() + seg.reads.size();
    switch (a.kind) {
      case StepAttr::Kind::none:
        k.given = false;
        break;
      case StepAttr::Kind::number:
        k.f = a.number;
        k.i = a.number >= -9.2e18 && a.number <= 9.2e18 ? static_cast<int64_t>(a.number) : 0;
        break;
      case StepAttr::Kind::integer: {
        const Number n = number(a.integer, &seg.values);
        if (n.is_constant())
          k.i = n.constant, k.f = static_cast<double>(n.constant);
        else
          seg.numbers.push_back({at, -1, n});
        break;
      }
      case StepAttr::Kind::large:
        k.i = static_cast<int64_t>(a.large);
        k.f = static_cast<double>(a.large);
        break;
      case StepAttr::Kind::list: {
        std::vector<int64_t> list;
        for (Dim d : a.list) {
          const Number n = number(d, &seg.values);
          if (!n.is_constant()) seg.numbers.push_back({at, static_cast<int32_t>(list.size()), n});
          list.push_back(n.constant);
        }
        seg.lists.push_back(std::move(list));
        k.list = {seg.lists.back().data(),
                  seg.lists.back().size()};  // a vector's storage stays when the outer one grows
        break;
      }
      case StepAttr::Kind::variable:
        seg.reads.push_back({at, a.variable, program_.var(a.variable).dtype.value_or(DType::f32)});
        break;
    }
    const auto index = static_cast<uint32_t>(c.attributes.size());
    seg.attributes.push_back(k);
    c.attributes.push_back(k);
    if (!s.op || index >= s.op->attributes.size()) continue;
    const AttrSpec& spec = s.op->attributes[index];
    const auto result = s.out.empty() ? std::nullopt : s.out[0].dtype;
    const bool unsigned_elements = spec.type == AttrType::value && result && is_unsigned(*result);
    if (!has_range(spec) && !unsigned_elements) continue;
    if (seg.numbers.size() + seg.reads.size() != given_by_run)
      seg.ranges.push_back(
          {at, static_cast<uint32_t>(seg.commands.size()), index, unsigned_elements ? result : std::nullopt});
    else if (auto refused = outside_range(*s.op, s.op->attributes[index], k))
      fail(Diagnostic(refused->code, refused->message, program_.nodes[s.node].span));
  }
}

// Which of a scatter's inputs stand for growing indices of the table that it writes.
std::vector<Guard::Vector> Planner::growing_vectors(const Step& s, CommandKind kind) const {
  std::vector<Guard::Vector> list;
  if (kind != CommandKind::scatter) return list;
  const Operand& to = s.out[0];
  const Variable& v = program_.var(to.var);
  int axis = 0;  // of the operand: single indices are none
  for (uint32_t i = 0; i < to.selectors.size() && i < v.table.size(); ++i) {
    if (to.selectors[i].kind == Selector::Kind::at) continue;
    for (uint32_t k = 0; k < s.gather_axes.size(); ++k)
      if (s.gather_axes[k] == axis && !v.table[i].bound) list.push_back({i, k + 1});
    ++axis;
  }
  return list;
}

// Each way in which a member of a mixed family may be stored, once; nothing for any other operand.
std::vector<const ConstantMember*> Planner::ways_of_storing(const Operand& o, const SlotPlan& plan) const {
  std::vector<const ConstantMember*> ways;
  if (o.kind != Operand::Kind::variable || !program_.var(o.var).mixed) return ways;
  const Variable& v = program_.var(o.var);
  int64_t known = 0;
  for (size_t i = 0; i < plan.member.size() && known >= 0; ++i) {
    const int64_t at = plan.member[i].constant - v.family[i].first;
    const bool here = plan.member[i].is_constant() && at >= 0 && at < v.family[i].count;
    known = here ? known * v.family[i].count + at : -1;
  }
  for (size_t m = 0; m < v.members.size(); ++m) {
    if (known >= 0 && m != static_cast<size_t>(known)) continue;
    const ConstantMember& c = program_.constants[v.members[m]];
    const bool seen = std::any_of(ways.begin(), ways.end(), [&](const ConstantMember* w) {
      return w->dtype == c.dtype && w->layout == c.layout;
    });
    if (!seen) ways.push_back(&c);
  }
  return ways;
}

void Planner::command(const Step& s, CommandKind kind) {
  Stored stored(s.in.size(), nullptr);
  command(s, kind, stored, 0);
}

// Kernels are chosen by element type and layout. Where only the run tells which member it is, there is a command for
// each way of storing, and the run jumps to the one that fits.
void Planner::command(const Step& s, CommandKind kind, Stored& stored, size_t next) {
  for (; next < s.in.size(); ++next) {
    const Operand& o = s.in[next];
    if (o.kind != Operand::Kind::variable || !program_.var(o.var).mixed) continue;
    std::vector<uint32_t> values;
    SlotPlan p = slot_plan(o, &values, false);
    const auto ways = ways_of_storing(o, p);
    if (ways.size() > 1) {
      std::vector<uint32_t> to_end;
      for (const ConstantMember* way : ways) {
        Instruction& test = instruction(InstructionKind::member, s);
        test.dtype = way->dtype;
        test.layout = way->layout;
        test.slots.push_back(p);
        test.values = values;
        const auto test_at = static_cast<uint32_t>(plan_.code.size() - 1);
        stored[next] = way;
        command(s, kind, stored, next + 1);
        close_segment();
        instruction(InstructionKind::jump, s);
        to_end.push_back(static_cast<uint32_t>(plan_.code.size() - 1));
        plan_.code[test_at].b = static_cast<uint32_t>(plan_.code.size());
      }
      for (uint32_t jump : to_end) plan_.code[jump].b = static_cast<uint32_t>(plan_.code.size());
      stored[next] = nullptr;
      return;
    }
    if (ways.size() == 1) stored[next] = ways[0];
  }
  record(s, kind, stored);
}

void Planner::record(const Step& s, CommandKind kind, const Stored& stored) {
  // An attribute that an earlier command of the segment writes is read when that has run.
  for (const StepAttr& a : s.attributes)
    if (a.kind == StepAttr::Kind::variable && open_ &&
        std::find(written_here_.begin(), written_here_.end(), static_cast<uint32_t>(a.variable)) != written_here_.end())
      close_segment();
  if (s.op && s.op->runtime_shape && s.label == "length") {
    // Until the op has found the length, its results have room for the most there can be.
    Instruction& room = instruction(InstructionKind::define, s);
    room.a = static_cast<uint32_t>(s.symbol);
    room.number.constant = largest(dims_.symbol(s.symbol)).value_or(0);
  }
  std::vector<Guard::Vector> vectors = growing_vectors(s, kind);
  if (!vectors.empty()) close_segment();  // the vectors are read before the submission
  Segment& seg = segment();
  Command c;
  c.kind = kind;
  c.op = s.op;
  c.axes = s.gather_axes;
  for (size_t i = 0; i < s.in.size(); ++i) c.in.push_back(add_operand(s.in[i], false, stored[i]));
  if (s.op && kind == CommandKind::op)
    for (size_t i = s.in.size(); i < s.op->inputs.size() && !s.op->inputs[i].variadic; ++i)
      c.in.push_back(add_operand(Operand{}, false));
  for (const Operand& o : s.out) {
    const uint32_t slot = add_operand(o, true);
    c.out.push_back(slot);
    if (program_.var(o.var).kind == VarKind::persistent) {
      for (Guard::Vector& v : vectors) v.slot = c.in[v.slot];
      seg.guards.push_back({slot, o.var, vectors});
    }
    written_here_.push_back(static_cast<uint32_t>(o.var));
  }
  if (kind == CommandKind::fill || kind == CommandKind::copy) {
    const Variable& v = program_.var(s.out[0].var);
    if (kind == CommandKind::fill) {
      if (!v.initial_constants.empty())
        fail(Diagnostic(Code::E0320, "memory that begins as a stored tensor is reset with its whole session", v.span));
      else
        c.pattern = pattern(v);
    }
  }
  c.finds_length = s.op && s.op->runtime_shape && s.label == "length";
  attributes(s, c);
  checks(s, seg.checks, &seg.values);
  seg.commands.push_back(std::move(c));
  seg.nodes.push_back(s.node);
  seg.steps.push_back(step_);
  if (plan_.segments.back().commands.back().finds_length) {
    const auto index = static_cast<uint32_t>(seg.commands.size() - 1);
    Instruction& i = instruction(InstructionKind::length, s);
    i.a = static_cast<uint32_t>(s.symbol);
    i.b = index;
  }
}

void Planner::steps(const std::vector<Step>& list) {
  for (const Step& s : list) {
    if (error_) return;
    ++step_;
    step(s);
    ++step_;  // where its bodies end
  }
}

void Planner::loop(const Step& s) {
  close_segment();
  const auto index = static_cast<uint32_t>(plan_.loops.size());
  std::vector<uint32_t> values;
  const Number lo = number(s.value, &values), hi = number(s.other, &values);
  plan_.loops.push_back({s.symbol, lo, hi, s.label});
  Instruction& begin = instruction(InstructionKind::loop_begin, s);
  begin.a = index;
  begin.values = values;
  const auto begin_at = static_cast<uint32_t>(plan_.code.size() - 1);
  loops_.emplace_back();
  steps(s.body);
  Instruction& next = instruction(InstructionKind::loop_next, s);
  next.a = index;
  next.b = begin_at + 1;
  const auto end = static_cast<uint32_t>(plan_.code.size());
  plan_.code[begin_at].b = end;
  for (uint32_t j : loops_.back().to_end) plan_.code[j].b = end;
  loops_.pop_back();
}

void Planner::select(const Step& s) {
  Instruction& test = instruction(InstructionKind::jump_if_not, s);
  std::vector<uint32_t> values;
  test.slots.push_back(s.in[0].kind == Operand::Kind::literal ? literal_plan(s.in[0], &values, nullptr)
                                                              : slot_plan(s.in[0], &values, false));
  test.values = std::move(values);
  const auto test_at = static_cast<uint32_t>(plan_.code.size() - 1);
  steps(s.body);
  close_segment();
  if (s.otherwise.empty()) {
    plan_.code[test_at].b = static_cast<uint32_t>(plan_.code.size());
    return;
  }
  instruction(InstructionKind::jump, s);
  const auto jump_at = static_cast<uint32_t>(plan_.code.size() - 1);
  plan_.code[test_at].b = static_cast<uint32_t>(plan_.code.size());
  steps(s.otherwise);
  close_segment();
  plan_.code[jump_at].b = static_cast<uint32_t>(plan_.code.size());
}

void Planner::growth(const Step& s, InstructionKind kind, const Operand& member) {
  std::vector<uint32_t> values;
  SlotPlan p = slot_plan(member, &values, false);
  const Number by = kind == InstructionKind::grow ? number(s.other, &values) : Number{};
  Instruction& i = instruction(kind, s);
  i.a = static_cast<uint32_t>(s.symbol);
  i.b = static_cast<uint32_t>(dims_.value(s.value).value_or(0));
  i.var = member.var;
  i.number = by;
  i.slots.push_back(std::move(p));
  i.values = std::move(values);
}

void Planner::step(const Step& s) {
  switch (s.kind) {
    case StepKind::op:
      return command(s, CommandKind::op);
    case StepKind::copy:
      return command(s, CommandKind::copy);
    case StepKind::gather:
      return command(s, CommandKind::gather);
    case StepKind::scatter:
      return command(s, CommandKind::scatter);
    case StepKind::fill:
      return command(s, CommandKind::fill);
    case StepKind::reset: {
      const Operand& all = s.out[0];
      const Variable& v = program_.var(all.var);
      if (!v.growing.empty()) return growth(s, InstructionKind::forget, all);
      command(s, CommandKind::fill);
      const bool grows = std::any_of(v.table.begin(), v.table.end(), [](const TableIndex& t) { return !t.bound; });
      if (grows && all.selectors.empty()) instruction(InstructionKind::empty, s).var = all.var;
      return;
    }
    case StepKind::view: {
      std::vector<uint32_t> values;
      SlotPlan p = slot_plan(s.in[0], &values, false);
      Instruction& i = instruction(InstructionKind::view, s);
      checks(s, i.checks, &values);
      i.var = s.out[0].var;
      i.reshape = s.op != nullptr;
      i.slots.push_back(std::move(p));
      for (const Number& n : plan_.vars[static_cast<size_t>(i.var)].shape)
        if (!n.is_constant()) values.push_back(n.value);
      i.values = std::move(values);
      return;
    }
    case StepKind::increment: {
      std::vector<uint32_t> values;
      SlotPlan p = slot_plan(s.out[0], &values, true);
      const Number by = number(s.value, &values);
      Instruction& i = instruction(InstructionKind::increment, s);
      i.var = s.out[0].var;
      i.dtype = s.out[0].dtype.value_or(DType::i32);
      i.number = by;
      i.slots.push_back(std::move(p));
      i.values = std::move(values);
      return;
    }
    case StepKind::grow:
      return growth(s, s.has_other ? InstructionKind::grow : InstructionKind::growth, s.in[0]);
    case StepKind::load: {
      std::vector<uint32_t> values;
      if (s.label == "extent") {
        Instruction& i = instruction(InstructionKind::extent, s);
        i.a = static_cast<uint32_t>(s.symbol);
        i.b = static_cast<uint32_t>(dims_.value(s.value).value_or(0));
        i.var = s.in[0].var;
        return;
      }
      SlotPlan p = slot_plan(s.in[0], &values, false);
      Instruction& i = instruction(InstructionKind::load, s);
      i.a = static_cast<uint32_t>(s.symbol);
      i.dtype = s.in[0].dtype.value_or(DType::i32);
      i.slots.push_back(std::move(p));
      i.values = std::move(values);
      return;
    }
    case StepKind::define: {
      std::vector<uint32_t> values;
      const Number n = number(s.value, &values);
      Instruction& i = instruction(InstructionKind::define, s);
      i.a = static_cast<uint32_t>(s.symbol);
      i.number = n;
      i.values = std::move(values);
      return;
    }
    case StepKind::loop:
      return loop(s);
    case StepKind::select:
      return select(s);
    case StepKind::leave_loop: {
      std::vector<uint32_t> values;
      SlotPlan p = s.in[0].kind == Operand::Kind::literal ? literal_plan(s.in[0], &values, nullptr)
                                                          : slot_plan(s.in[0], &values, false);
      Instruction& i = instruction(InstructionKind::jump_if, s);
      i.slots.push_back(std::move(p));
      i.values = std::move(values);
      loops_.back().to_end.push_back(static_cast<uint32_t>(plan_.code.size() - 1));
      return;
    }
    case StepKind::leave_scope:
      instruction(InstructionKind::jump, s);
      scopes_.back().to_end.push_back(static_cast<uint32_t>(plan_.code.size() - 1));
      return;
    case StepKind::scope: {
      scopes_.emplace_back();
      steps(s.body);
      if (!scopes_.back().to_end.empty()) close_segment();
      for (uint32_t j : scopes_.back().to_end) plan_.code[j].b = static_cast<uint32_t>(plan_.code.size());
      scopes_.pop_back();
      return;
    }
    case StepKind::emit: {
      std::vector<uint32_t> values;
      std::vector<LiteralWrite> writes;
      SlotPlan p = s.in[0].kind == Operand::Kind::literal ? literal_plan(s.in[0], &values, &writes)
                                                          : slot_plan(s.in[0], &values, false);
      if (!writes.empty()) {
        // A size that only the run knows: a segment without commands writes it.
        Segment& seg = segment();
        for (LiteralWrite& w : writes) seg.literals.push_back(w);
        for (uint32_t v : values) seg.values.push_back(v);
      }
      Instruction& i = instruction(InstructionKind::emit, s);
      i.a = static_cast<uint32_t>(plan_.emissions.size());
      i.slots.push_back(std::move(p));
      i.values = std::move(values);
      const auto ways = ways_of_storing(s.in[0], i.slots[0]);
      emission_bytes(s.in[0], ways.empty() ? s.in[0].dtype : ways[0]->dtype);
      if (ways.size() > 1)
        fail(Diagnostic(Code::E0203, "the members of `" + program_.var(s.in[0].var).name + "` have different types",
                        s.in[0].span)
                 .with_help("`op cast` gives them one"));
      plan_.emissions.push_back(
          {s.label, &s.adapter, ways.empty() ? s.in[0].dtype.value_or(DType::f32) : ways[0]->dtype});
      return;
    }
    case StepKind::barrier: {
      std::vector<uint32_t> values;
      std::vector<Check> list;
      checks(s, list, &values);
      if (list.empty()) return;
      Instruction& i = instruction(InstructionKind::check, s);
      i.checks = std::move(list);
      i.values = std::move(values);
      return;
    }
  }
}

}  // namespace openinfer
