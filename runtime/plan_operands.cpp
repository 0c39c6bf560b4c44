// Operands to slots: where they lie, and what is known of them when their command is recorded.
#include <algorithm>

#include "ops/element.h"
#include "ops/number_value.h"
#include "runtime/planner.h"

namespace openinfer {
namespace {

// Whether the declaration says how far an index or axis of a variable may reach.
bool is_bounded(const Variable& v, size_t index) {
  if (v.kind != VarKind::persistent) return true;
  if (index < v.table.size()) return v.table[index].bound.has_value();
  const size_t axis = index - v.table.size();
  return axis >= v.growing.size() || v.growing[axis].index.bound.has_value();
}

}  // namespace

SlotPlan Planner::literal_plan(const Operand& o, std::vector<uint32_t>* values, std::vector<LiteralWrite>* dynamic) {
  SlotPlan p;
  p.literal = true;
  p.span = o.span;
  p.count = o.vector ? static_cast<int64_t>(o.values.size()) : -1;
  const DType t = o.dtype.value_or(DType::f32);
  const auto elements = static_cast<uint64_t>(o.values.size());
  std::vector<std::byte> bytes(storage_bytes(t, elements, elements).value_or(0));
  p.offset = (plan_.literal_bytes + 15) / 16 * 16;
  plan_.literal_bytes = p.offset + bytes.size();
  for (size_t i = 0; i < o.values.size(); ++i) {
    const LiteralValue& v = o.values[i];
    const auto at = static_cast<int64_t>(i);
    if (v.kind == LiteralValue::Kind::integer) {
      const Number n = number(v.integer, values);
      std::string why = n.is_constant() ? misfit(n.constant, t) : std::string();
      if (n.is_constant() && why.empty())
        store_element<int64_t>(bytes.data(), t, at, n.constant);
      else if (dynamic && (is_plain(t) || elements == 1))
        // A number that does not fit is an error of a run that comes by it.
        dynamic->push_back({static_cast<uint32_t>(p.offset + i * (is_plain(t) ? element_bytes(t) : 0)), t, n, o.span});
      else if (!why.empty())
        fail(Diagnostic(Code::E0217, std::move(why), o.span));
      else
        fail(Diagnostic(Code::E0307, "a list of " + std::string(name(t)) + " must be known before the run", o.span));
    } else {
      store_number(bytes.data(), t, at, *number_of(v, dims_));
    }
  }
  plan_.literal_constants.emplace_back(static_cast<uint32_t>(p.offset), std::move(bytes));
  return p;
}

SlotPlan Planner::slot_plan(const Operand& o, std::vector<uint32_t>* values, bool writes) {
  SlotPlan p;
  p.var = o.var;
  p.span = o.span;
  p.extends = writes;
  const Variable& v = program_.var(o.var);
  size_t next = 0;
  for (const FamilyAxis& a : v.family) {
    if (!a.declared) {
      p.member.push_back(number(dims_.symbol(a.loop), values));
    } else {
      p.member.push_back(number(o.selectors[next++].lo, values));
    }
  }
  for (; next < o.selectors.size(); ++next) {
    const Selector& s = o.selectors[next];
    NumberSelector n;
    n.at = s.kind == Selector::Kind::at;
    n.to_end = s.whole;
    if (!n.to_end) {
      n.lo = number(s.lo, values);
      if (!n.at) n.hi = number(s.hi, values);
    }
    p.selectors.push_back(n);
  }
  if (plan_.vars[static_cast<size_t>(o.var)].dynamic)
    for (const Number& n : plan_.vars[static_cast<size_t>(o.var)].shape)
      if (!n.is_constant() && std::find(values->begin(), values->end(), n.value) == values->end())
        values->push_back(n.value);
  return p;
}

bool Planner::is_dynamic(const SlotPlan& p, const Operand& o) const {
  if (p.literal) return false;
  const VarPlan& v = plan_.vars[static_cast<size_t>(o.var)];
  if (v.dynamic || v.kind == VarPlan::Kind::view) return true;
  for (const Number& n : p.member)
    if (!n.is_constant()) return true;
  for (const NumberSelector& s : p.selectors)
    if (!s.to_end && (!s.lo.is_constant() || (!s.at && !s.hi.is_constant()))) return true;
  return false;
}

OperandInfo Planner::operand_info(const Operand& o, const SlotPlan& p) {
  OperandInfo info;
  info.dtype = o.dtype.value_or(DType::f32);
  info.dynamic = is_dynamic(p, o);
  if (p.literal) {
    if (p.count >= 0) info.largest.push_back(p.count);
    return info;
  }
  const VarPlan& v = plan_.vars[static_cast<size_t>(o.var)];
  info.layout = v.layout;
  // Dense: single indices first, then at most one range, then everything. Only dense parts become views.
  bool range = false;
  for (const NumberSelector& s : p.selectors) {
    if (s.at) {
      if (range) info.contiguous = false;
    } else if (!s.to_end) {
      if (range) info.contiguous = false;
      range = true;
    } else {
      range = true;
    }
  }
  std::vector<bool> bounded;
  for (Dim d : o.shape) {
    const auto n = largest(d);
    info.largest.push_back(std::max<int64_t>(0, n.value_or(0)));
    bounded.push_back(n.has_value());
  }
  // A part is no larger than what it is a part of.
  size_t axis = 0;
  for (size_t i = 0; i < p.selectors.size() && axis < static_cast<size_t>(info.largest.rank()); ++i) {
    if (p.selectors[i].at) continue;
    if (i < v.shape.size() && v.shape[i].is_constant() && !bounded[axis]) {
      info.largest[static_cast<int>(axis)] = v.shape[i].constant;
      bounded[axis] = is_bounded(program_.var(o.var), i);
    }
    ++axis;
  }
  info.bounded = std::all_of(bounded.begin(), bounded.end(), [](bool b) { return b; });
  // Memory of a growing index has room that is not filled: only what lies along the first of a part is dense.
  range = false;
  for (size_t i = 0; i < program_.var(o.var).table.size(); ++i) {
    if (i < p.selectors.size() && p.selectors[i].at) continue;
    if (range && !program_.var(o.var).table[i].bound) info.contiguous = false;
    range = true;
  }
  return info;
}

uint32_t Planner::add_operand(const Operand& o, bool writes, const ConstantMember* stored) {
  Segment& seg = segment();
  const auto slot = static_cast<uint32_t>(seg.operands.size());
  if (o.kind == Operand::Kind::none) {
    OperandInfo absent;
    absent.given = false;
    seg.operands.push_back(absent);
    seg.views.emplace_back();
    return slot;
  }
  const size_t writes_before = seg.literals.size();
  SlotPlan p = o.kind == Operand::Kind::literal ? literal_plan(o, &seg.values, &seg.literals)
                                                : slot_plan(o, &seg.values, writes);
  p.slot = slot;
  for (size_t i = writes_before; i < seg.literals.size(); ++i) seg.literals[i].slot = slot;
  OperandInfo info = operand_info(o, p);
  if (stored) {
    info.dtype = stored->dtype;
    info.layout = stored->layout;
  }
  const bool dynamic = info.dynamic;
  seg.operands.push_back(info);
  seg.views.emplace_back();
  (dynamic ? seg.slots : seg.fixed).push_back(std::move(p));
  return slot;
}

}  // namespace openinfer
