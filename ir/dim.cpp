#include "ir/dim.h"

#include <algorithm>

#include "ir/exact_division.h"

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

std::string by_zero(std::optional<int64_t> dividend, const char* op) {
  return dividend ? std::to_string(*dividend) + " " + op + " 0" : std::string("a size ") + op + " 0";
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
  if (y && *y == 0) return faulty(DimFault::by_zero, by_zero(x, "/"));
  if (x && y) {
    const exact::Number q = exact::divide(*x, *y);
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
  if (y && *y == 0) return faulty(DimFault::by_zero, by_zero(x, "/"));
  if (x && y) {
    const exact::Number q = exact::floor_divide(*x, *y);
    return q.fault == DimFault::none ? constant(q.value) : faulty(q.fault, "quotient does not fit 64 bits");
  }
  return y && *y == 1 ? a : opaque(TermKind::floor_div, a, b);
}

Dim DimTable::ceil_div(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, by_zero(x, "/"));
  if (x && y) {
    const exact::Number q = exact::ceil_divide(*x, *y);
    return q.fault == DimFault::none ? constant(q.value) : faulty(q.fault, "quotient does not fit 64 bits");
  }
  return y && *y == 1 ? a : opaque(TermKind::ceil_div, a, b);
}

Dim DimTable::mod(Dim a, Dim b) {
  if (const auto f = first_fault(a, b)) return *f;
  const auto x = value(a), y = value(b);
  if (y && *y == 0) return faulty(DimFault::by_zero, by_zero(x, "%"));
  if (x && y) return constant(exact::modulo(*x, *y).value);
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

}  // namespace openinfer
