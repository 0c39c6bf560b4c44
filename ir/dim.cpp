#include "ir/dim.h"

#include <algorithm>
#include <set>

namespace openinfer {
namespace {

// Past this many addends a product stays opaque, so that hostile expressions cannot grow without bound.
constexpr size_t kMaxAddends = 64;
constexpr size_t kMaxFactors = 16;
// min(a, a + 1) of itself doubles each time: parts are shared in memory, yet walks would visit each occurrence.
constexpr uint64_t kMaxWeight = 1024;

uint64_t mix(uint64_t h, uint64_t v) {
  h ^= v + 0x9E3779B97F4A7C15ull + (h << 6) + (h >> 2);
  return h * 0xBF58476D1CE4E5B9ull;
}

// Exact rules of the language on numbers.
struct Number {
  int64_t value = 0;
  DimFault fault = DimFault::none;
};

Number floor_divide(int64_t a, int64_t b) {
  if (b == 0) return {0, DimFault::by_zero};
  if (a == INT64_MIN && b == -1) return {0, DimFault::overflow};
  const int64_t q = a / b;
  return {q - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0)};
}
Number ceil_divide(int64_t a, int64_t b) {
  const Number q = floor_divide(a, b);
  if (q.fault != DimFault::none) return q;
  return {q.value + (a % b != 0 ? 1 : 0)};
}
Number exact_divide(int64_t a, int64_t b) {
  const Number q = floor_divide(a, b);
  if (q.fault != DimFault::none) return q;
  if (a % b != 0) return {0, DimFault::inexact};
  return q;
}
Number modulo(int64_t a, int64_t b) {
  if (b == 0) return {0, DimFault::by_zero};
  if (b == -1) return {0};
  const int64_t r = a % b;
  return {r != 0 && (r < 0) != (b < 0) ? r + b : r};
}

}  // namespace

DimTable::DimTable() { intern(Poly{}); }  // handle 0 is the constant 0

uint64_t DimTable::hash(const Poly& p) {
  uint64_t h = static_cast<uint64_t>(p.fault) + std::hash<std::string>{}(p.fault_text);
  for (const Addend& a : p.addends) {
    h = mix(h, static_cast<uint64_t>(a.coefficient));
    for (uint32_t f : a.factors) h = mix(h, f + 1u);
  }
  return h;
}

Dim DimTable::intern(Poly p) {
  uint64_t weight = 0;
  for (const Addend& a : p.addends) {
    ++weight;
    for (uint32_t f : a.factors) {
      const Term& t = terms_[f];
      if (t.kind != TermKind::symbol) weight += uint64_t{1} + polys_[t.a.id].weight + polys_[t.b.id].weight;
    }
  }
  if (weight > kMaxWeight) return faulty(DimFault::too_large, "a size expression is too large");
  p.weight = static_cast<uint32_t>(weight);
  const uint64_t h = hash(p);
  const auto [begin, end] = poly_index_.equal_range(h);
  for (auto i = begin; i != end; ++i)
    if (polys_[i->second] == p) return {i->second};
  polys_.push_back(std::move(p));
  const auto id = static_cast<uint32_t>(polys_.size() - 1);
  poly_index_.emplace(h, id);
  return {id};
}

Dim DimTable::faulty(DimFault fault, std::string text) {
  Poly p;
  p.fault = fault;
  p.fault_text = std::move(text);
  return intern(std::move(p));
}

std::optional<Dim> DimTable::first_fault(Dim a, Dim b) const {
  if (polys_[a.id].fault != DimFault::none) return a;
  if (polys_[b.id].fault != DimFault::none) return b;
  return std::nullopt;
}

Dim DimTable::constant(int64_t value) {
  Poly p;
  if (value != 0) p.addends.push_back({{}, value});
  return intern(std::move(p));
}

Dim DimTable::symbol(SymbolId id) {
  const Term term{TermKind::symbol, static_cast<uint32_t>(id), {}, {}};
  const uint64_t h = mix(0, term.symbol);
  uint32_t at = UINT32_MAX;
  const auto [begin, end] = term_index_.equal_range(h);
  for (auto i = begin; i != end; ++i)
    if (terms_[i->second] == term) at = i->second;
  if (at == UINT32_MAX) {
    terms_.push_back(term);
    at = static_cast<uint32_t>(terms_.size() - 1);
    term_index_.emplace(h, at);
  }
  Poly p;
  p.addends.push_back({{at}, 1});
  return intern(std::move(p));
}

Dim DimTable::opaque(TermKind kind, Dim a, Dim b) {
  const Term term{kind, 0, a, b};
  const uint64_t h = mix(mix(static_cast<uint64_t>(kind) + 17, a.id), b.id);
  uint32_t at = UINT32_MAX;
  const auto [begin, end] = term_index_.equal_range(h);
  for (auto i = begin; i != end; ++i)
    if (terms_[i->second] == term) at = i->second;
  if (at == UINT32_MAX) {
    terms_.push_back(term);
    at = static_cast<uint32_t>(terms_.size() - 1);
    term_index_.emplace(h, at);
  }
  Poly p;
  p.addends.push_back({{at}, 1});
  return intern(std::move(p));
}

Dim DimTable::add(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const Poly &x = polys_[a.id], &y = polys_[b.id];
  Poly sum;
  size_t i = 0, j = 0;
  while (i < x.addends.size() || j < y.addends.size()) {
    if (j == y.addends.size() || (i < x.addends.size() && x.addends[i].factors < y.addends[j].factors)) {
      sum.addends.push_back(x.addends[i++]);
    } else if (i == x.addends.size() || y.addends[j].factors < x.addends[i].factors) {
      sum.addends.push_back(y.addends[j++]);
    } else {
      int64_t c = 0;
      if (__builtin_add_overflow(x.addends[i].coefficient, y.addends[j].coefficient, &c))
        return faulty(DimFault::overflow, std::to_string(x.addends[i].coefficient) + " + " +
                                              std::to_string(y.addends[j].coefficient) + " does not fit 64 bits");
      if (c != 0) sum.addends.push_back({x.addends[i].factors, c});
      ++i, ++j;
    }
  }
  return intern(std::move(sum));
}

Dim DimTable::sub(Dim a, Dim b) {
  // INT64_MIN has no negative, so a - b is a + (-1)*b with the overflow of the product caught there.
  const auto x = value(a), y = value(b);
  if (x && y) {
    int64_t c = 0;
    if (__builtin_sub_overflow(*x, *y, &c))
      return faulty(DimFault::overflow, std::to_string(*x) + " - " + std::to_string(*y) + " does not fit 64 bits");
    return constant(c);
  }
  return add(a, mul(constant(-1), b));
}

Dim DimTable::mul(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const Poly x = polys_[a.id], y = polys_[b.id];  // copies: the arena grows below
  // (n / d) * d is n: an exact quotient meets its divisor.
  const auto cancel = [&](const Poly& p, Dim other) -> std::optional<Dim> {
    if (p.addends.size() != 1 || p.addends[0].factors.size() != 1) return std::nullopt;
    const Term t = terms_[p.addends[0].factors[0]];
    if (t.kind != TermKind::div || !(t.b == other)) return std::nullopt;
    return mul(constant(p.addends[0].coefficient), t.a);
  };
  if (const auto c = cancel(x, b)) return *c;
  if (const auto c = cancel(y, a)) return *c;
  if (x.addends.size() * y.addends.size() > kMaxAddends)
    return opaque(TermKind::product, a.id < b.id ? a : b, a.id < b.id ? b : a);
  Dim total{};
  for (const Addend& p : x.addends) {
    for (const Addend& q : y.addends) {
      Poly product;
      Addend term;
      if (__builtin_mul_overflow(p.coefficient, q.coefficient, &term.coefficient))
        return faulty(DimFault::overflow,
                      std::to_string(p.coefficient) + " * " + std::to_string(q.coefficient) + " does not fit 64 bits");
      if (p.factors.size() + q.factors.size() > kMaxFactors)
        return opaque(TermKind::product, a.id < b.id ? a : b, a.id < b.id ? b : a);
      std::merge(p.factors.begin(), p.factors.end(), q.factors.begin(), q.factors.end(),
                 std::back_inserter(term.factors));
      // The same cancellation inside a monomial: H * (D / H).
      for (size_t i = 0; i < term.factors.size(); ++i) {
        const Term t = terms_[term.factors[i]];
        if (t.kind != TermKind::div) continue;
        const Poly& divisor = polys_[t.b.id];
        if (divisor.addends.size() != 1 || divisor.addends[0].factors.size() != 1 ||
            divisor.addends[0].coefficient != 1)
          continue;
        const auto hit = std::find(term.factors.begin(), term.factors.end(), divisor.addends[0].factors[0]);
        if (hit == term.factors.end()) continue;
        Poly rest;
        rest.addends.push_back({{}, term.coefficient});
        for (size_t k = 0; k < term.factors.size(); ++k)
          if (k != i && k != static_cast<size_t>(hit - term.factors.begin()))
            rest.addends[0].factors.push_back(term.factors[k]);
        const Dim r = intern(std::move(rest));
        product.fault_text.clear();
        total = add(total, mul(r, t.a));
        term.coefficient = 0;
        break;
      }
      if (term.coefficient == 0) continue;
      product.addends.push_back(std::move(term));
      total = add(total, intern(std::move(product)));
    }
  }
  return total;
}

Dim DimTable::div(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, "division by zero");
  if (x && y) {
    const Number q = exact_divide(*x, *y);
    if (q.fault == DimFault::inexact)
      return faulty(q.fault, std::to_string(*x) + " / " + std::to_string(*y) + " is not a whole number");
    if (q.fault != DimFault::none)
      return faulty(q.fault, std::to_string(*x) + " / " + std::to_string(*y) + " does not fit 64 bits");
    return constant(q.value);
  }
  if (y && *y == 1) return a;
  if (a == b) return constant(1);
  // A common constant factor and a common monomial go out: 8*h / 8 is h, T*D / D is T.
  const Poly &p = polys_[a.id], &d = polys_[b.id];
  if (d.addends.size() == 1 && !p.addends.empty()) {
    Poly q;
    bool whole = true;
    for (const Addend& t : p.addends) {
      if (t.coefficient == INT64_MIN || t.coefficient % d.addends[0].coefficient != 0 ||
          !std::includes(t.factors.begin(), t.factors.end(), d.addends[0].factors.begin(),
                         d.addends[0].factors.end())) {
        whole = false;
        break;
      }
      Addend part;
      part.coefficient = t.coefficient / d.addends[0].coefficient;
      std::set_difference(t.factors.begin(), t.factors.end(), d.addends[0].factors.begin(), d.addends[0].factors.end(),
                          std::back_inserter(part.factors));
      q.addends.push_back(std::move(part));
    }
    if (whole) {
      std::sort(q.addends.begin(), q.addends.end(),
                [](const Addend& l, const Addend& r) { return l.factors < r.factors; });
      return intern(std::move(q));
    }
  }
  return opaque(TermKind::div, a, b);
}

Dim DimTable::floor_div(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, "division by zero");
  if (x && y) {
    const Number q = floor_divide(*x, *y);
    return q.fault == DimFault::none ? constant(q.value) : faulty(q.fault, "quotient does not fit 64 bits");
  }
  return y && *y == 1 ? a : opaque(TermKind::floor_div, a, b);
}

Dim DimTable::ceil_div(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, "division by zero");
  if (x && y) {
    const Number q = ceil_divide(*x, *y);
    return q.fault == DimFault::none ? constant(q.value) : faulty(q.fault, "quotient does not fit 64 bits");
  }
  return y && *y == 1 ? a : opaque(TermKind::ceil_div, a, b);
}

Dim DimTable::mod(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, "division by zero");
  if (x && y) return constant(modulo(*x, *y).value);
  return y && *y == 1 ? constant(0) : opaque(TermKind::mod, a, b);
}

Dim DimTable::min(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  if (a == b) return a;
  if (const auto d = value(sub(a, b))) return *d < 0 ? a : b;
  return opaque(TermKind::min, a.id < b.id ? a : b, a.id < b.id ? b : a);
}

Dim DimTable::max(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  if (a == b) return a;
  if (const auto d = value(sub(a, b))) return *d < 0 ? b : a;
  return opaque(TermKind::max, a.id < b.id ? a : b, a.id < b.id ? b : a);
}

Dim DimTable::product(std::span<const Dim> dims) {
  Dim p = constant(1);
  for (Dim d : dims) p = mul(p, d);
  return p;
}

DimFault DimTable::fault(Dim d) const { return polys_[d.id].fault; }
std::string DimTable::fault_text(Dim d) const { return polys_[d.id].fault_text; }

std::optional<int64_t> DimTable::value(Dim d) const {
  const Poly& p = polys_[d.id];
  if (p.fault != DimFault::none) return std::nullopt;
  if (p.addends.empty()) return 0;
  if (p.addends.size() == 1 && p.addends[0].factors.empty()) return p.addends[0].coefficient;
  return std::nullopt;
}

std::optional<SymbolId> DimTable::as_symbol(Dim d) const {
  const Poly& p = polys_[d.id];
  if (p.fault != DimFault::none || p.addends.size() != 1 || p.addends[0].coefficient != 1 ||
      p.addends[0].factors.size() != 1)
    return std::nullopt;
  const Term& t = terms_[p.addends[0].factors[0]];
  if (t.kind != TermKind::symbol) return std::nullopt;
  return static_cast<SymbolId>(t.symbol);
}

DimOrder DimTable::compare(Dim a, Dim b) {
  if (first_fault(a, b)) return DimOrder::unknown;
  if (a == b) return DimOrder::equal;
  const Dim d = sub(a, b);
  if (const auto v = value(d)) return *v == 0 ? DimOrder::equal : DimOrder::different;
  return DimOrder::unknown;
}

Dim DimTable::substitute(Dim d, const std::function<std::optional<Dim>(SymbolId)>& replacement) {
  if (polys_[d.id].fault != DimFault::none) return d;
  const std::vector<Addend> addends = polys_[d.id].addends;
  Dim total{};
  for (const Addend& a : addends) {
    Dim product = constant(a.coefficient);
    for (uint32_t f : a.factors) {
      const Term t = terms_[f];
      Dim factor{};
      if (t.kind == TermKind::symbol) {
        const auto r = replacement(static_cast<SymbolId>(t.symbol));
        factor = r ? *r : symbol(static_cast<SymbolId>(t.symbol));
      } else {
        const Dim x = substitute(t.a, replacement), y = substitute(t.b, replacement);
        switch (t.kind) {
          case TermKind::div:
            factor = div(x, y);
            break;
          case TermKind::floor_div:
            factor = floor_div(x, y);
            break;
          case TermKind::ceil_div:
            factor = ceil_div(x, y);
            break;
          case TermKind::mod:
            factor = mod(x, y);
            break;
          case TermKind::min:
            factor = min(x, y);
            break;
          case TermKind::max:
            factor = max(x, y);
            break;
          case TermKind::product:
            factor = mul(x, y);
            break;
          case TermKind::symbol:
            break;
        }
      }
      product = mul(product, factor);
    }
    total = add(total, product);
  }
  return total;
}

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
            v = exact_divide(x.value, y.value);
            break;
          case TermKind::floor_div:
            v = floor_divide(x.value, y.value);
            break;
          case TermKind::ceil_div:
            v = ceil_divide(x.value, y.value);
            break;
          case TermKind::mod:
            v = modulo(x.value, y.value);
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
        if (v.fault != DimFault::none) return {0, v.fault};
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

std::vector<SymbolId> DimTable::symbols(Dim d) const {
  std::set<uint32_t> found, seen;
  std::vector<Dim> todo{d};
  while (!todo.empty()) {
    const Dim x = todo.back();
    todo.pop_back();
    if (!seen.insert(x.id).second) continue;
    for (const Addend& a : polys_[x.id].addends)
      for (uint32_t f : a.factors) {
        const Term& t = terms_[f];
        if (t.kind == TermKind::symbol) {
          found.insert(t.symbol);
        } else {
          todo.push_back(t.a);
          todo.push_back(t.b);
        }
      }
  }
  std::vector<SymbolId> list;
  for (uint32_t s : found) list.push_back(static_cast<SymbolId>(s));
  return list;
}

std::string DimTable::print(Dim d, const std::function<std::string(SymbolId)>& name) const {
  const Poly& p = polys_[d.id];
  if (p.fault != DimFault::none) return "(" + p.fault_text + ")";
  if (p.addends.empty()) return "0";
  std::string text;
  // Constants last, as people write them.
  std::vector<const Addend*> order;
  for (const Addend& a : p.addends)
    if (!a.factors.empty()) order.push_back(&a);
  for (const Addend& a : p.addends)
    if (a.factors.empty()) order.push_back(&a);
  for (const Addend* a : order) {
    const bool negative = a->coefficient < 0;
    if (!text.empty())
      text += negative ? " - " : " + ";
    else if (negative)
      text += "-";
    const uint64_t c = negative ? 0 - static_cast<uint64_t>(a->coefficient) : static_cast<uint64_t>(a->coefficient);
    std::string product;
    if (c != 1 || a->factors.empty()) product = std::to_string(c);
    for (uint32_t f : a->factors) {
      const Term& t = terms_[f];
      std::string factor;
      const auto both = [&](const char* op) { return print(t.a, name) + op + print(t.b, name); };
      const auto wrapped = [&](Dim x) {
        return polys_[x.id].addends.size() > 1 ? "(" + print(x, name) + ")" : print(x, name);
      };
      switch (t.kind) {
        case TermKind::symbol:
          factor = name(static_cast<SymbolId>(t.symbol));
          break;
        case TermKind::div:
          factor = wrapped(t.a) + "/" + wrapped(t.b);
          break;
        case TermKind::floor_div:
          factor = "floor(" + both(" / ") + ")";
          break;
        case TermKind::ceil_div:
          factor = "ceil(" + both(" / ") + ")";
          break;
        case TermKind::mod:
          factor = "(" + wrapped(t.a) + " % " + wrapped(t.b) + ")";
          break;
        case TermKind::min:
          factor = "min(" + both(", ") + ")";
          break;
        case TermKind::max:
          factor = "max(" + both(", ") + ")";
          break;
        case TermKind::product:
          factor = wrapped(t.a) + "*" + wrapped(t.b);
          break;
      }
      product += (product.empty() ? "" : "*") + factor;
    }
    text += product;
  }
  return text;
}

}  // namespace openinfer
