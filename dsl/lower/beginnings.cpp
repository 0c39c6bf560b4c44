// Volatile and persistent memory that begins as tensors of the package: one with @ref, a family of them with @pattern.
#include "dsl/lower/lowering.h"

namespace openinfer {

// What @ref or @pattern found is the beginning of the memory, not the memory itself. A family's extents are the
// package's: they bound the indices of a table, and are the first axes of volatile memory.
bool Lowering::begins_as_members(const DeclSite& site, Variable& v) {
  const std::vector<Ident>& indices = site.decl->indices;
  std::vector<Dim> extents;
  for (const FamilyAxis& axis : v.family) {
    if (!axis.declared) continue;
    if (!v.members.empty()) {
      extents.push_back(dims().constant(axis.count));
      continue;
    }
    // Without a package it will say so.
    const SymbolId s = new_symbol(v.name + "." + indices[extents.size()].text, SymbolSource::constant, v.span);
    program_.symbols[static_cast<size_t>(s)].least = 0;
    extents.push_back(dims().symbol(s));
  }
  v.initial_constants = std::move(v.members);
  v.members.clear();
  v.family.clear();
  v.mixed = false;
  if (extents.empty()) return true;
  if (v.kind == VarKind::volatile_) {
    v.shape.insert(v.shape.begin(), extents.begin(), extents.end());
    return true;
  }
  for (size_t i = 0; i < v.table.size(); ++i) {
    TableIndex& index = v.table[i];
    if (index.bound && unify(*index.bound, extents[i]) == Unify::differ) {
      error(Diagnostic(Code::E0214,
                       "index `" + index.name + "` of `" + v.name + "` is bound by " + print(*index.bound) +
                           ", the package has tensors for " + print(extents[i]),
                       v.span));
      return false;
    }
    index.bound = extents[i];
  }
  return true;
}

// The constant that a variable begins as: a family with as many `indices` where its cells begin as different tensors.
VarId Lowering::beginning(VarId var, size_t indices) {
  if (const auto hit = beginnings_.find(static_cast<uint32_t>(var)); hit != beginnings_.end()) return hit->second;
  const Variable& v = program_.var(var);
  Variable c;
  c.name = v.name;
  c.kind = VarKind::constant;
  c.span = v.span;
  c.dtype = v.dtype;
  c.shape = v.shape;
  c.members = v.initial_constants;
  c.mixed = program_.stored_differently(c.members);
  c.written = true;
  if (v.kind == VarKind::volatile_) c.shape.erase(c.shape.begin(), c.shape.begin() + static_cast<ptrdiff_t>(indices));
  if (c.members.size() > 1)
    for (size_t i = 0; i < indices; ++i) {
      const Dim extent = v.kind == VarKind::volatile_ ? v.shape[i] : *v.table[i].bound;
      c.family.push_back({true, {}, 0, known(extent).value_or(0)});
    }
  const VarId id = add_variable(std::move(c));
  beginnings_.emplace(static_cast<uint32_t>(var), id);
  return id;
}

// Gives a place of a variable with so many indices what it begins with. One tensor is broadcast over all cells; of a
// family each cell has its own: a loop for each index that the place takes a range of.
Step Lowering::copy_of_beginning(Operand to, size_t indices) {
  Operand from = *whole(beginning(to.var, indices), to.span);
  const Variable& v = program_.var(to.var);
  const bool family = v.initial_constants.size() > 1;
  const size_t leading = v.kind == VarKind::volatile_ ? 0 : indices;  // the rest of them stand in the shape
  std::vector<Step> loops;
  size_t ranges = 0;
  for (size_t i = 0; i < indices; ++i) {
    const Dim extent = i < leading ? (v.table[i].bound ? *v.table[i].bound : Dim{}) : v.shape[i - leading];
    if (family && i == to.selectors.size()) to.selectors.push_back({Selector::Kind::range, {}, extent, true});
    if (i < to.selectors.size() && to.selectors[i].kind == Selector::Kind::at) {
      if (family) from.selectors.push_back(to.selectors[i]);
      continue;
    }
    ++ranges;
    if (!family) continue;
    Step loop;
    loop.kind = StepKind::loop;
    loop.node = current_node_;
    loop.symbol = new_symbol(v.name + "." + std::to_string(i), SymbolSource::loop, to.span);
    loop.value = to.selectors[i].whole ? dims().constant(0) : to.selectors[i].lo;
    loop.other = to.selectors[i].hi;
    to.selectors[i] = {Selector::Kind::at, dims().symbol(loop.symbol), {}, false};
    from.selectors.push_back(to.selectors[i]);
    loops.push_back(std::move(loop));
  }
  if (to.selectors.size() > indices) {
    from.selectors.insert(from.selectors.end(), to.selectors.begin() + static_cast<ptrdiff_t>(indices),
                          to.selectors.end());
    from.shape.assign(to.shape.begin() + static_cast<ptrdiff_t>(ranges), to.shape.end());
  }
  if (family) to.shape = from.shape;
  Step step;
  step.kind = StepKind::copy;
  step.node = current_node_;
  step.in.push_back(std::move(from));
  step.out.push_back(std::move(to));
  while (!loops.empty()) {
    Step outer = std::move(loops.back());
    loops.pop_back();
    outer.body.push_back(std::move(step));
    step = std::move(outer);
  }
  return step;
}

}  // namespace openinfer
