// The values of symbolic integers: exact ones, and the interval they lie in.
#include <algorithm>

#include "ir/dim.h"
#include "ir/exact_division.h"

namespace openinfer {

using exact::Number;

DimTable::Evaluated DimTable::evaluate(Dim d, std::span<const int64_t> values) const {
  const Poly& p = polys_[d.id];
  if (p.fault != DimFault::none) return {0, p.fault};
  int64_t total = 0;
  for (const Addend& a : p.addends) {
    int64_t product = a.coefficient;
    for (uint32_t f : a.factors) {
      const Term& t = terms_[f];
      Number v;
      if (t.kind == TermKind::symbol) {
        v.value = values[t.symbol];
      } else {
        const Evaluated x = evaluate(t.a, values), y = evaluate(t.b, values);
        if (x.fault != DimFault::none) return x;
        if (y.fault != DimFault::none) return y;
        switch (t.kind) {
          case TermKind::div:
            v = exact::divide(x.value, y.value);
            break;
          case TermKind::floor_div:
            v = exact::floor_divide(x.value, y.value);
            break;
          case TermKind::ceil_div:
            v = exact::ceil_divide(x.value, y.value);
            break;
          case TermKind::mod:
            v = exact::modulo(x.value, y.value);
            break;
          case TermKind::min:
            v.value = std::min(x.value, y.value);
            break;
          case TermKind::max:
            v.value = std::max(x.value, y.value);
            break;
          case TermKind::product:
            if (__builtin_mul_overflow(x.value, y.value, &v.value)) v.fault = DimFault::overflow;
            break;
          case TermKind::symbol:
            break;
        }
        if (v.fault != DimFault::none) return {0, v.fault, x.value, y.value};
      }
      if (__builtin_mul_overflow(product, v.value, &product)) return {0, DimFault::overflow};
    }
    if (__builtin_add_overflow(total, product, &total)) return {0, DimFault::overflow};
  }
  return {total, DimFault::none};
}

DimTable::Interval DimTable::interval(Dim d, const std::function<Interval(SymbolId)>& symbol, int depth) const {
  const Poly& p = polys_[d.id];
  if (p.fault != DimFault::none || depth > 24) return {};
  const auto times = [](std::optional<int64_t> a, std::optional<int64_t> b) -> std::optional<int64_t> {
    if (a == 0 || b == 0) return 0;
    int64_t r = 0;
    if (!a || !b || __builtin_mul_overflow(*a, *b, &r)) return std::nullopt;
    return r;
  };
  const auto plus = [](std::optional<int64_t> a, std::optional<int64_t> b) -> std::optional<int64_t> {
    int64_t r = 0;
    if (!a || !b || __builtin_add_overflow(*a, *b, &r)) return std::nullopt;
    return r;
  };
  // Of sizes only: both factors are at least 0, else nothing is known of the product but through its constant.
  Interval total{0, 0};
  for (const Addend& a : p.addends) {
    Interval m{1, 1};
    for (uint32_t f : a.factors) {
      const Term& t = terms_[f];
      Interval x;
      if (t.kind == TermKind::symbol) {
        x = symbol(static_cast<SymbolId>(t.symbol));
      } else {
        const Interval l = interval(t.a, symbol, depth + 1), r = interval(t.b, symbol, depth + 1);
        const bool positive = l.lo && *l.lo >= 0 && r.lo && *r.lo > 0;
        switch (t.kind) {
          case TermKind::min:
            x.hi = l.hi && r.hi ? std::min(*l.hi, *r.hi) : l.hi ? l.hi : r.hi;
            if (l.lo && r.lo) x.lo = std::min(*l.lo, *r.lo);
            break;
          case TermKind::max:
            if (l.hi && r.hi) x.hi = std::max(*l.hi, *r.hi);
            x.lo = l.lo && r.lo ? std::max(*l.lo, *r.lo) : l.lo ? l.lo : r.lo;
            break;
          case TermKind::div:
          case TermKind::floor_div:
            if (positive && l.hi) x.hi = *l.hi / *r.lo;
            if (positive && r.hi) x.lo = *l.lo / *r.hi;
            break;
          case TermKind::ceil_div:
            if (positive && l.hi) x.hi = *l.hi / *r.lo + (*l.hi % *r.lo != 0 ? 1 : 0);
            if (positive && r.hi) x.lo = *l.lo / *r.hi;
            break;
          case TermKind::mod:
            if (r.lo && *r.lo > 0) {
              x.lo = 0;
              if (r.hi) x.hi = *r.hi - 1;
            }
            break;
          case TermKind::product:
            if (l.lo && *l.lo >= 0 && r.lo && *r.lo >= 0) x = {times(l.lo, r.lo), times(l.hi, r.hi)};
            break;
          case TermKind::symbol:
            break;
        }
      }
      if (m.lo && *m.lo >= 0 && x.lo && *x.lo >= 0)
        m = {times(m.lo, x.lo), times(m.hi, x.hi)};
      else if (m.lo == 1 && m.hi == 1)
        m = x;
      else
        m = {};
    }
    const Interval scaled = a.coefficient >= 0 ? Interval{times(m.lo, a.coefficient), times(m.hi, a.coefficient)}
                                               : Interval{times(m.hi, a.coefficient), times(m.lo, a.coefficient)};
    total = {plus(total.lo, scaled.lo), plus(total.hi, scaled.hi)};
  }
  return total;
}

}  // namespace openinfer
