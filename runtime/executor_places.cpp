// Where operands lie at the moment a submission is made.
#include <algorithm>

#include "ir/size_fact.h"
#include "runtime/executor_state.h"

namespace openinfer {
namespace {

void dense(DeviceView& v) {
  int64_t stride = 1;
  for (int i = v.shape.rank() - 1; i >= 0; --i) {
    v.strides[static_cast<size_t>(i)] = stride;
    stride *= v.shape[i];
  }
}

// Values that share scales: `v`, `offset` elements into its variable, is dense and begins and ends with a
// block.
bool whole_blocks(const DeviceView& v, DType dtype, int64_t offset) {
  int64_t expected = 1;
  for (int axis = v.shape.rank(); axis-- > 0;) {
    if (v.shape[axis] != 1 && v.strides[static_cast<size_t>(axis)] != expected) return false;
    expected *= v.shape[axis];
  }
  const int64_t block = info(dtype).block;
  return offset % block == 0 && v.shape.rank() > 0 && v.shape[v.shape.rank() - 1] % block == 0;
}

}  // namespace

bool Executor::compute(const Ready& r, std::span<const uint32_t> values) {
  for (uint32_t v : values) {
    const auto e = program_.dims->evaluate(r.plan.values[v], symbols_);
    if (e.fault != DimFault::none) {
      const std::string text =
          program_.dims->print(r.plan.values[v], [&](SymbolId s) { return program_.symbol(s).name; });
      return fault(e.fault == DimFault::overflow ? Code::R0010 : Code::R0003,
                   e.fault == DimFault::inexact
                       ? text + " is not a whole number: " + std::to_string(e.left) + " / " + std::to_string(e.right)
                   : e.fault == DimFault::by_zero ? text + " divides by zero: " + std::to_string(e.left) + " by 0"
                                                  : text + " does not fit 64 bits");
    }
    values_[v] = e.value;
  }
  return true;
}

bool Executor::check(const std::vector<Check>& checks) {
  for (const Check& c : checks) {
    const int64_t a = number(c.a), b = number(c.b);
    if (a == b) continue;
    fault(Code::R0003, c.what + ": " + std::to_string(a) + " and " + std::to_string(b));
    // A name that a result of another node gave a value.
    for (const auto& [dim, value] : {std::pair(c.dim_a, a), std::pair(c.dim_b, b)})
      if (const auto s = program_.dims->as_symbol(dim); s && program_.symbol(*s).source == SymbolSource::result)
        fault_->notes.push_back({"`" + program_.symbol(*s).name + "` is " + std::to_string(value) + " since here",
                                 program_.symbol(*s).span});
    return false;
  }
  return true;
}

// Which constant a family's indices choose.
std::optional<uint32_t> Executor::member(const SlotPlan& p) {
  const Variable& v = program_.var(p.var);
  int64_t member = 0;
  for (size_t i = 0; i < p.member.size(); ++i) {
    const FamilyAxis& axis = v.family[i];
    if (axis.count == INT64_MAX) continue;  // a default stands for all members
    const int64_t k = number(p.member[i]);
    const int64_t at = k - axis.first;
    if (at < 0 || at >= axis.count) {
      fault(Code::R0001,
            "index " + std::to_string(k) + " of family `" + v.name + "` is out of range: it has " +
                std::to_string(axis.count) + " members",
            p.span);
      return std::nullopt;
    }
    member = member * axis.count + at;
  }
  if (static_cast<size_t>(member) < v.members.size()) return v.members[static_cast<size_t>(member)];
  fault(Code::R0001, "family `" + v.name + "` has no such member", p.span);
  return std::nullopt;
}

// All of the variable.
bool Executor::base(Ready& r, const SlotPlan& p, DeviceView& out) {
  if (p.literal) {
    out = DeviceView();
    out.buffer = r.literals;
    out.offset = p.offset;
    if (p.count >= 0) out.shape.push_back(p.count);
    dense(out);
    return true;
  }
  const VarPlan& v = r.plan.vars[static_cast<size_t>(p.var)];
  const Variable& variable = program_.var(p.var);
  switch (v.kind) {
    case VarPlan::Kind::view:
      out = view_vars_[static_cast<size_t>(p.var)];
      return true;
    case VarPlan::Kind::persistent:
      out = persistent_.view(p.var);
      return true;
    case VarPlan::Kind::arena:
      out.buffer = arena_;
      out.offset = v.offset;
      break;
    case VarPlan::Kind::constant: {
      const auto constant = member(p);
      if (!constant) return false;
      out.buffer = constants_[*constant];
      out.offset = 0;
      break;
    }
    case VarPlan::Kind::none:
    case VarPlan::Kind::literal:
      return fault(Code::X0001, "`" + variable.name + "` has no memory", p.span);
  }
  out.shape = Shape();
  for (const Number& n : v.shape) {
    const int64_t size = number(n);
    if (size < 0)
      return fault(Code::R0004, "`" + variable.name + "` would have the size " + std::to_string(size), p.span);
    out.shape.push_back(size);
  }
  if (v.bounded) {
    const uint64_t row = out.shape.rank() ? static_cast<uint64_t>(out.shape[out.shape.rank() - 1]) : 1;
    const auto bytes =
        storage_bytes(variable.dtype.value_or(DType::f32), static_cast<uint64_t>(out.shape.elements()), row);
    if (!bytes || *bytes > r.room)
      return fault(Code::R0006,
                   "`" + variable.name + "` of " + to_string(out.shape) + " takes " +
                       (bytes ? bytes_text(*bytes) : "more than 64 bits count") + ", there are " + bytes_text(r.room) +
                       " left",
                   p.span);
  }
  dense(out);
  return true;
}

bool Executor::out_of_range(const SlotPlan& p, size_t selector, std::string what, int64_t extent) {
  const Variable& v = program_.var(p.var);
  const bool table = selector < v.table.size();
  const std::string axis =
      table ? ", index `" + v.table[selector].name + "`" : ", axis " + std::to_string(selector - v.table.size());
  fault(Code::R0001, what + " is out of range: `" + v.name + "`" + axis + " has " + std::to_string(extent), p.span);
  if (table)
    if (const SizeFact* f = size_fact(program_, v.table[selector].size)) {
      fault_->notes.push_back({"size `" + f->name + "` is " + std::to_string(extent) + ", from " + f->source, f->span});
      if (f->source != "package") fault_->help = "a larger `" + f->name + "` makes room: --size " + f->name + "=N";
    }
  return false;
}

// Memory has room for the largest member of a family of growing tensors: the one that is meant may be smaller.
void Executor::reach(const SlotPlan& p, DeviceView& v) const {
  const Variable& variable = program_.var(p.var);
  const size_t members = variable.table.size();
  if (variable.growing.empty() || p.selectors.size() < members) return;
  std::vector<int64_t> member;
  for (size_t i = 0; i < members; ++i) {
    if (!p.selectors[i].at) return;
    member.push_back(number(p.selectors[i].lo));
  }
  for (size_t axis = 0; axis < variable.growing.size(); ++axis)
    v.shape[static_cast<int>(members + axis)] = persistent_.reach(p.var, member, static_cast<uint32_t>(axis));
}

bool Executor::place(Ready& r, const SlotPlan& p, DeviceView& out, CellRange* cells) {
  const bool growing =
      p.extends && !p.literal && r.plan.vars[static_cast<size_t>(p.var)].kind == VarPlan::Kind::persistent;
  if (growing) {
    const Variable& v = program_.var(p.var);
    for (uint32_t i = 0; i < v.table.size() && i < p.selectors.size(); ++i) {
      const NumberSelector& s = p.selectors[i];
      if (v.table[i].bound || s.to_end) continue;
      const int64_t end = s.at ? number(s.lo) + 1 : number(s.hi);
      if (number(s.lo) < 0)
        return fault(Code::R0001, "index " + std::to_string(number(s.lo)) + " of `" + v.name + "` is out of range",
                     p.span);
      if (Status grown = persistent_.grow(p.var, i, end); !grown) {
        fault_ = grown.error();
        return false;
      }
    }
  }
  DeviceView v;
  if (!base(r, p, v)) return false;
  if (!p.literal) reach(p, v);
  if (cells)
    for (int i = 0; i < v.shape.rank(); ++i) cells->index[static_cast<size_t>(i)] = {0, v.shape[i]};
  if (p.selectors.empty()) {
    out = v;
    return true;
  }
  DType dtype = p.literal ? DType::f32 : program_.var(p.var).dtype.value_or(DType::f32);
  if (!p.literal && program_.var(p.var).mixed)
    if (const auto constant = member(p)) dtype = program_.constants[*constant].dtype;
  DeviceView made;
  made.buffer = v.buffer;
  int64_t offset = 0;
  int rank = 0;
  for (int i = 0; i < v.shape.rank(); ++i) {
    const int64_t extent = v.shape[i], stride = v.strides[static_cast<size_t>(i)];
    const auto at = static_cast<size_t>(i);
    if (at >= p.selectors.size() || p.selectors[at].to_end) {
      made.shape.push_back(extent);
      made.strides[static_cast<size_t>(rank++)] = stride;
      continue;
    }
    const NumberSelector& s = p.selectors[at];
    const int64_t lo = number(s.lo);
    if (s.at) {
      if (lo < 0 || lo >= extent) return out_of_range(p, at, "index " + std::to_string(lo), extent);
      offset += lo * stride;
      if (cells) cells->index[at] = {lo, lo + 1};
      continue;
    }
    const int64_t hi = number(s.hi);
    if (lo < 0 || hi < lo || hi > extent)
      return out_of_range(p, at, "slice " + std::to_string(lo) + ".." + std::to_string(hi), extent);
    offset += lo * stride;
    if (cells) cells->index[at] = {lo, hi};
    made.shape.push_back(hi - lo);
    made.strides[static_cast<size_t>(rank++)] = stride;
  }
  if (is_block(dtype) && !whole_blocks(made, dtype, offset))
    return fault(Code::R0001,
                 "a part of `" + program_.var(p.var).name + "` is not whole rows that lie side by side, and " +
                     std::string(name(dtype)) + " is not taken apart",
                 p.span);
  made.offset = v.offset;
  if (offset != 0) {
    if (is_plain(dtype)) {
      made.offset += static_cast<uint64_t>(offset) * element_bytes(dtype);
    } else {
      const auto bytes = storage_bytes(dtype, static_cast<uint64_t>(offset), static_cast<uint64_t>(offset));
      if (!bytes || (is_packed(dtype) && static_cast<uint64_t>(offset) * info(dtype).bits % 8 != 0))
        return fault(Code::R0001, "a part of `" + program_.var(p.var).name + "` does not begin on a byte", p.span);
      made.offset += *bytes;
    }
  }
  out = made;
  return true;
}

}  // namespace openinfer
