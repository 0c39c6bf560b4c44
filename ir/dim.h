// Symbolic integers: dimensions, bounds and indices over size symbols. Every Dim of a DimTable is normalised (a
// polynomial over symbols and opaque terms such as min(...) or floor(a / b), hash-consed), so equal polynomials have
// equal handles, and `T + 1 - T` is 1.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace openinfer {

// A size whose value is not known when the expression is built. The owner of the table numbers them.
enum class SymbolId : uint32_t {};

struct Dim {
  uint32_t id = 0;  // of a DimTable; 0 is the constant 0
  friend bool operator==(Dim, Dim) = default;
};

enum class DimOrder : uint8_t { equal, different, unknown };

enum class DimFault : uint8_t { none, overflow, inexact, by_zero, too_large };

class DimTable {
 public:
  DimTable();

  Dim constant(int64_t value);
  Dim symbol(SymbolId id);
  Dim add(Dim a, Dim b);
  Dim sub(Dim a, Dim b);
  Dim mul(Dim a, Dim b);
  Dim div(Dim a, Dim b);        // must divide exactly
  Dim floor_div(Dim a, Dim b);  // rounds down
  Dim ceil_div(Dim a, Dim b);   // rounds up
  Dim mod(Dim a, Dim b);        // the divisor's sign
  Dim min(Dim a, Dim b);
  Dim max(Dim a, Dim b);
  // Product of a range; 1 for none.
  Dim product(std::span<const Dim> dims);

  // Arithmetic on constants that fails gives a faulty Dim, and whatever is made of one is faulty too. So does an
  // expression of more than a thousand parts, counted as it would be written out: everything here may recurse.
  [[nodiscard]] DimFault fault(Dim d) const;
  [[nodiscard]] std::string fault_text(Dim d) const;  // "7 / 2 is not exact"

  [[nodiscard]] std::optional<int64_t> value(Dim d) const;  // when it is a constant
  [[nodiscard]] bool is(Dim d, int64_t v) const { return value(d) == v; }
  // When it is nothing but a symbol.
  [[nodiscard]] std::optional<SymbolId> as_symbol(Dim d) const;

  // `different` only when the two differ whatever the symbols are.
  [[nodiscard]] DimOrder compare(Dim a, Dim b);

  // Replaces symbols: `value` gives a Dim for a symbol, or nothing to keep it.
  Dim substitute(Dim d, const std::function<std::optional<Dim>(SymbolId)>& value);

  // The number, given every symbol's value in `symbols` (indexed by SymbolId; only those that occur are read).
  struct Evaluated {
    int64_t value = 0;
    DimFault fault = DimFault::none;
    int64_t left = 0, right = 0;  // what was divided by what, where a division failed
  };
  [[nodiscard]] Evaluated evaluate(Dim d, std::span<const int64_t> symbols) const;

  // Where the value lies when every symbol lies in its interval; an empty end is unknown.
  struct Interval {
    std::optional<int64_t> lo, hi;
  };
  [[nodiscard]] Interval interval(Dim d, const std::function<Interval(SymbolId)>& symbol, int depth = 0) const;

  // Every symbol that occurs, each once.
  [[nodiscard]] std::vector<SymbolId> symbols(Dim d) const;

  // As a person writes it, e.g. "2*T + 1".
  [[nodiscard]] std::string print(Dim d, const std::function<std::string(SymbolId)>& name) const;

 private:
  enum class TermKind : uint8_t { symbol, div, floor_div, ceil_div, mod, min, max, product };
  struct Term {  // a symbol or an opaque operation
    TermKind kind;
    uint32_t symbol = 0;
    Dim a, b;
    friend bool operator==(const Term&, const Term&) = default;
  };
  using Monomial = std::vector<uint32_t>;  // term ids, sorted, repeated for powers
  struct Addend {
    Monomial factors;
    int64_t coefficient = 0;
    friend bool operator==(const Addend&, const Addend&) = default;
  };
  struct Poly {
    std::vector<Addend> addends;  // sorted by factors, no zero coefficients; empty is 0
    uint32_t weight = 0;          // parts of the expression, written out
    DimFault fault = DimFault::none;
    std::string fault_text;
    friend bool operator==(const Poly& a, const Poly& b) {
      return a.fault == b.fault && a.fault_text == b.fault_text && a.addends == b.addends;
    }
  };

  Dim intern(Poly p);
  Dim faulty(DimFault fault, std::string text);
  Dim opaque(TermKind kind, Dim a, Dim b);
  std::optional<Dim> first_fault(Dim a, Dim b) const;
  static uint64_t hash(const Poly& p);

  std::vector<Term> terms_;
  std::vector<Poly> polys_;
  std::unordered_multimap<uint64_t, uint32_t> poly_index_;
  std::unordered_multimap<uint64_t, uint32_t> term_index_;
};

}  // namespace openinfer
