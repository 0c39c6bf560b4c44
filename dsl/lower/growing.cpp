// @auto_dim: tensors of persistent memory that grow, and the variables that take their shapes.
//
// By how much an axis has grown is a symbol that a `grow` step sets, one for each place in the graph, so a shape is a
// polynomial such as `D + M.r`. A variable that is declared as `[D]` and gets such a value is `[D + its own symbol]`
// from then on; whoever writes it defines the symbol, and where it is declared the symbol is 0.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "ir/size_fact.h"

namespace openinfer {

void Lowering::growing_axes(const DeclSite& site, const Attribute& attribute, bool table, Variable& v) {
  std::vector<TableIndex> members;
  std::vector<bool> named(v.table.size(), false);
  if (attribute.args.empty()) {
    error(Diagnostic(Code::E0502, "@auto_dim names one index for each axis that grows", attribute.span));
    return;
  }
  for (const AttributeArg& a : attribute.args) {
    const Expr* e = a.value.kind == ValueKind::expr && !a.name ? &site.file->expr(a.value.expr) : nullptr;
    size_t i = v.table.size();
    if (e && e->kind == ExprKind::ref && !e->ref.indexed)
      for (i = 0; i < v.table.size() && v.table[i].name != e->ref.name.text;) ++i;
    if (i == v.table.size() || v.growing.size() >= v.shape.size() || named[i]) {
      error(Diagnostic(Code::E0502, "@auto_dim names one index for each axis that grows", a.value.span)
                .note("declared here", v.span));
      return;
    }
    named[i] = true;
    v.growing.push_back({v.table[i], static_cast<uint32_t>(i)});
  }
  for (size_t i = 0; i < v.table.size(); ++i) {
    if (named[i]) continue;
    members.push_back(v.table[i]);
    if (!table)
      error(Diagnostic(Code::E0504,
                       "@auto_dim does not name the index `" + v.table[i].name + "` of `" + v.name +
                           "`: a family of growing tensors needs @table",
                       site.decl->indices[i].span));
  }
  v.table = std::move(members);
  if (v.dtype && !is_plain(*v.dtype) && v.growing.size() == v.shape.size())
    error(Diagnostic(Code::E0203,
                     "the last axis of " + std::string(openinfer::name(*v.dtype)) + " cannot grow: its rows are packed",
                     attribute.span)
              .note("declared here", v.span));
}

bool Lowering::growing_indices(const Ref& ref, VarId id, const File& file, Scope* scope, Place& place,
                               std::vector<Dim>& sizes) {
  const std::vector<GrowingAxis> growing = program_.var(id).growing;
  const std::vector<TableIndex> table = program_.var(id).table;
  const auto refuse = [&](Code code, const std::string& what, Span span) {
    error(Diagnostic(code, what, span).note("declared here", program_.var(id).span));
    return false;
  };
  std::vector<std::optional<Dim>> least(growing.size());
  for (size_t i = 0, member = 0; i < table.size() + growing.size(); ++i) {
    const auto axis = static_cast<size_t>(
        std::find_if(growing.begin(), growing.end(), [&](const GrowingAxis& g) { return g.place == i; }) -
        growing.begin());
    const bool grows = axis < growing.size();
    const TableIndex& index = grows ? growing[axis].index : table[member++];
    const Index* given = i < ref.index.size() ? &ref.index[i] : nullptr;
    const bool whole = !given || (given->slice && !given->lo && !given->hi);
    if (grows && whole) continue;
    if (!grows && (whole || given->slice))
      return refuse(Code::E0503,
                    "`" + ref.name.text + "` is a family of growing tensors: an integer for `" + index.name +
                        "` chooses one of them",
                    given ? given->span : ref.span);
    if (given->slice || given->lo->from_end)
      return refuse(Code::E0503,
                    "`" + index.name + "` takes an integer: it says how far `" + ref.name.text +
                        "` has grown; its axes stand behind its indices",
                    given->span);
    const auto at = evaluate(given->lo->expr, file, scope, Reads::scalars);
    if (!at) return false;
    // A growth may be as large as its bound; a member stays below it.
    const auto most = index.bound ? known(grows ? *index.bound : dims().sub(*index.bound, dims().constant(1)))
                                  : std::optional<int64_t>();
    std::vector<Corner> values = corners(*at);
    if (const auto a = known(*at)) values.push_back({dims().constant(*a), ""});
    for (const Corner& c : values) {
      const auto a = known(c.value);
      if (!a || (*a >= 0 && (!most || *a <= *most))) continue;
      return refuse(Code::E0316,
                    "index " + std::to_string(*a) + c.where + " is out of range: `" + index.name + "` of `" +
                        ref.name.text + "` is " + (most ? "0 to " + std::to_string(*most) : "0 or more"),
                    given->span);
    }
    if (grows)
      least[axis] = *at;
    else
      place.operand.selectors.push_back({Selector::Kind::at, *at, {}, false});
  }
  // Growing is seen by all who read it, so it is a write.
  if (std::any_of(least.begin(), least.end(), [](const auto& x) { return x.has_value(); }))
    note_touch(id, true, ref.span);
  const std::vector<Selector> member = place.operand.selectors;
  for (size_t axis = 0; axis < growing.size(); ++axis) {
    const SymbolId s =
        new_symbol(program_.var(id).name + "." + growing[axis].index.name, SymbolSource::extent, ref.span);
    program_.symbols[static_cast<size_t>(s)].least = 0;
    program_.symbols[static_cast<size_t>(s)].bound = growing[axis].index.bound;
    growth_.emplace(static_cast<uint32_t>(s), dims().constant(0));
    Operand of = *whole(id, ref.span);
    of.selectors = member;
    Step& step = emit(StepKind::grow);
    step.symbol = s;
    step.value = dims().constant(static_cast<int64_t>(axis));
    step.has_other = least[axis].has_value();
    if (least[axis]) step.other = *least[axis];
    step.in.push_back(std::move(of));
    sizes.push_back(resolve(dims().add(program_.var(id).shape[axis], dims().symbol(s))));
  }
  return true;
}

// `cache.reset M;` and `cache.reset M[l];`: tensors of the declared dims again.
void Lowering::reset_growing(const Ref& ref, VarId id, const File& file, Scope* scope) {
  const std::vector<GrowingAxis> growing = program_.var(id).growing;
  const std::vector<TableIndex> table = program_.var(id).table;
  Operand of = *whole(id, ref.span);
  if (const size_t most = table.size() + growing.size() + of.shape.size(); ref.index.size() > most) {
    error(Diagnostic(Code::E0315,
                     "`" + ref.name.text + "` takes at most " + std::to_string(most) + " indices, " +
                         std::to_string(ref.index.size()) + " given",
                     ref.span)
              .note("declared here", program_.var(id).span));
    return;
  }
  for (size_t i = 0, member = 0; i < ref.index.size(); ++i) {
    const Index& given = ref.index[i];
    if (given.slice && !given.lo && !given.hi) {
      const bool grows = std::any_of(growing.begin(), growing.end(), [&](const auto& g) { return g.place == i; });
      if (!grows && i < table.size() + growing.size()) {
        of.selectors.push_back({Selector::Kind::range, {}, {}, true});
        ++member;
      }
      continue;
    }
    const bool is_member = i < table.size() + growing.size() &&
                           std::none_of(growing.begin(), growing.end(), [&](const auto& g) { return g.place == i; });
    if (!is_member || given.slice || given.lo->from_end) {
      error(Diagnostic(Code::E0503,
                       "a growing tensor is reset whole: only a member's index, an integer, may stand here", given.span)
                .note("declared here", program_.var(id).span));
      return;
    }
    const auto at = evaluate(given.lo->expr, file, scope, Reads::scalars);
    if (!at) return;
    const auto a = known(*at), bound = table[member].bound ? known(*table[member].bound) : std::optional<int64_t>();
    if (a && (*a < 0 || (bound && *a >= *bound))) {
      error(Diagnostic(Code::E0316,
                       "index " + std::to_string(*a) + " is out of range: `" + table[member].name + "` of `" +
                           ref.name.text + "`",
                       given.span)
                .note("declared here", program_.var(id).span));
      return;
    }
    of.selectors.push_back({Selector::Kind::at, *at, {}, false});
    ++member;
  }
  note_write(id, true, ref.span);
  Step& step = emit(StepKind::reset);
  step.out.push_back(std::move(of));
}

Dim Lowering::ungrown(Dim d) {
  return dims().substitute(resolve(d), [&](SymbolId s) -> std::optional<Dim> {
    const auto hit = growth_.find(static_cast<uint32_t>(s));
    return hit == growth_.end() ? std::nullopt : std::optional<Dim>(hit->second);
  });
}

bool Lowering::is_grown(const std::vector<Dim>& given, const std::vector<Dim>& declared) {
  if (given.size() != declared.size()) return false;
  bool any = false;
  for (size_t i = 0; i < given.size(); ++i) {
    if (as_placeholder(declared[i])) continue;
    const Dim before = ungrown(given[i]);
    if (before != resolve(declared[i])) return false;
    any |= before != resolve(given[i]);
  }
  return any;
}

bool Lowering::may_take(VarId var, const std::vector<Dim>& given) {
  const Variable& v = program_.var(var);
  if (v.kind != VarKind::temporary && v.kind != VarKind::volatile_) return false;
  const auto id = static_cast<uint32_t>(var);
  const auto taken = taken_.find(id);
  if (taken == taken_.end()) return !touched_.contains(id) && is_grown(given, v.shape);
  const auto& [declared, growth] = taken->second;
  if (given.size() != declared.size()) return false;
  if (!is_grown(given, declared)) {
    for (size_t i = 0; i < given.size(); ++i)
      if (resolve(given[i]) != resolve(declared[i])) return false;
    return true;
  }
  for (size_t i = 0; i < given.size(); ++i)
    if (!growth[i] && resolve(given[i]) != resolve(declared[i])) return false;
  return true;
}

void Lowering::take_shape(VarId var, const std::vector<Dim>& given) {
  Taken& taken = taken_[static_cast<uint32_t>(var)];
  Variable& v = program_.var(var);
  if (taken.declared.empty()) {
    taken.declared = v.shape;
    for (size_t i = 0; i < given.size(); ++i) {
      taken.growth.emplace_back();
      if (as_placeholder(v.shape[i]) || resolve(given[i]) == resolve(v.shape[i])) continue;
      const SymbolId s = new_symbol(v.name + ".growth", SymbolSource::extent, v.span);
      program_.symbols[static_cast<size_t>(s)].least = 0;
      growth_.emplace(static_cast<uint32_t>(s), dims().constant(0));
      changing_.insert(static_cast<uint32_t>(s));
      taken.growth.back() = s;
      v.shape[i] = dims().add(resolve(v.shape[i]), dims().symbol(s));
    }
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (!taken.growth[i]) {
      if (as_placeholder(taken.declared[i])) unify(taken.declared[i], now(given[i]));
      continue;
    }
    const Dim by = dims().sub(resolve(given[i]), resolve(taken.declared[i]));
    const SymbolId symbol = *taken.growth[i];
    if (by == dims().symbol(symbol)) continue;
    Symbol& s = program_.symbols[static_cast<size_t>(symbol)];
    s.bound = s.bound ? dims().max(*s.bound, by) : by;
    Step& step = emit(StepKind::define);
    step.symbol = symbol;
    step.value = by;
  }
}

std::vector<std::vector<Dim>> Lowering::grown_results(OpSite& site, const Step& step,
                                                      const std::vector<std::optional<VarId>>& existing) {
  std::vector<std::vector<Dim>> taken(existing.size());
  if (growth_.empty() || !site.issues.empty()) return taken;
  bool any = false;
  for (size_t i = 0; i < existing.size() && i < site.results.size(); ++i) {
    const auto &result = site.results[i].shape, &declared = site.declared[i].shape;
    if (!result || !declared) continue;
    // An op that writes its input finds it in the shape that it has.
    const bool in_place = existing[i] && std::any_of(step.in.begin(), step.in.end(), [&](const Operand& o) {
                            return o.kind == Operand::Kind::variable && o.var == *existing[i];
                          });
    if (in_place || !(existing[i] ? may_take(*existing[i], *result) : is_grown(*result, *declared))) continue;
    taken[i] = *result;
    any = true;
  }
  if (!any) return taken;
  for (size_t i = 0; i < taken.size(); ++i)
    if (!taken[i].empty()) site.declared[i].shape = taken[i];
  site.open.clear();
  check_op(site);
  return taken;
}

Dim Lowering::now(Dim d) {
  d = resolve(d);
  const auto all = dims().symbols(d);
  if (std::none_of(all.begin(), all.end(), [&](SymbolId s) { return changing_.contains(static_cast<uint32_t>(s)); }))
    return d;
  const SymbolId s = new_symbol(print(d), SymbolSource::extent, {});
  program_.symbols[static_cast<size_t>(s)].least = 0;
  program_.symbols[static_cast<size_t>(s)].bound = d;
  growth_.emplace(static_cast<uint32_t>(s), ungrown(d));
  Step& step = emit(StepKind::define);
  step.symbol = s;
  step.value = d;
  return dims().symbol(s);
}

void Lowering::forget_growth(const Step& fill, std::vector<Step>& into) {
  const auto taken = taken_.find(static_cast<uint32_t>(fill.out[0].var));
  if (taken == taken_.end()) return;
  for (const auto& s : taken->second.growth) {
    if (!s) continue;
    Step step;
    step.kind = StepKind::define;
    step.node = fill.node;
    step.symbol = *s;
    into.push_back(std::move(step));
  }
}

}  // namespace openinfer
