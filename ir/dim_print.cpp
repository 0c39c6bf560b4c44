// Symbolic integers as people write them, and the symbols in them.
#include <set>

#include "ir/dim.h"

namespace openinfer {

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
