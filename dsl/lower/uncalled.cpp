// The bodies of defs that nobody calls. A call would give their parameters types and sizes; here each size is a symbol
// of which nothing is known, so that only what no call could make right is an error.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/writes.h"

namespace openinfer {
namespace {

// What a call, or the package, may still give.
bool open_without_a_call(Code code) {
  switch (code) {
    case Code::E0103:
    case Code::E0111:
    case Code::E0206:
    case Code::E0211:
    case Code::E0216:
    case Code::E0307:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Lowering::uncalled_parameter(const Param& p, const File& file, VarKind tables, Scope* inner) {
  Entity e;
  e.span = p.name.span;
  if (p.type.name.text == "size" && !p.type.has_dims) return true;
  if (p.type.name.text == "name" && !p.type.has_dims) {
    e.kind = Entity::Kind::name;
    e.pieces.push_back({"{" + p.name.text + "}", {}});
    inner->variables[p.name.text] = std::move(e);
    return true;
  }
  const auto t = type(p.type, file, inner, Fresh::none);
  if (!t) return false;
  Variable v;
  v.name = p.name.text;
  v.span = p.name.span;
  v.dtype = t->dtype;
  v.shape = t->shape;
  v.written = true;
  // Only constants may have a type that is not known yet.
  if (!p.indices.empty())
    v.kind = t->dtype ? tables : VarKind::constant;
  else if (t->is_auto)
    v.kind = VarKind::constant;
  for (const Ident& i : p.indices) {
    if (v.kind == VarKind::constant)
      v.family.push_back({true, {}, 0, 0});
    else
      v.table.push_back({i.text, {}, {}});
  }
  e.var = add_variable(std::move(v));
  declared_depth_[static_cast<uint32_t>(e.var)] = depth_;
  return inner->variables.emplace(p.name.text, e).second;
}

bool Lowering::uncalled_results(const Def& def, const File& file, Scope* inner) {
  for (const Param& p : def.results) {
    const auto t = type(p.type, file, inner, Fresh::none);
    if (!t || t->is_auto) return false;
    if (inner->variables.contains(p.name.text)) return false;
    declare_temporary(p.name, *t, inner);
  }
  return true;
}

void Lowering::check_uncalled(const DefSite& site, VarKind tables) {
  const Def& def = *site.def;
  const size_t before = diagnostics_.size();
  Scope inner;
  inner.parent = &program_scope_;
  inner.is_def = true;
  const auto size = [&](const std::string& name, Span span) {
    const SymbolId s = new_symbol(name, SymbolSource::input, span);
    program_.symbols[static_cast<size_t>(s)].least = 0;
    inner.sizes.emplace(name, dims().symbol(s));
  };
  for (const Param& p : def.params)
    if (p.type.name.text == "size" && !p.type.has_dims) size(p.name.text, p.span);
  for (const auto* list : {&def.params, &def.results})
    for (const Param& p : *list)
      for (ExprId id : p.type.dims)
        if (const Expr& e = site.file->expr(id); e.kind == ExprKind::ref && !e.ref.indexed)
          size(e.ref.name.text, e.span);
  // A written parameter of unknown type would be neither a constant nor a tensor of a type.
  const std::set<std::string> written = names_written(def, names_);
  body_ = &program_.steps;
  def_stack_.emplace_back(def.name.text, def.name.span);
  node_counter_.push_back(0);
  bool whole = true;
  for (const Param& p : def.params) {
    whole &= p.type.name.text != "auto" || !written.contains(p.name.text);
    if (whole) whole = uncalled_parameter(p, *site.file, tables, &inner);
  }
  if (whole && uncalled_results(def, *site.file, &inner)) {
    const size_t errors = faults_;
    def_body(def, *site.file, &inner);
    for (const Param& p : def.results)
      if (const Entity& e = inner.variables.find(p.name.text)->second;
          faults_ == errors && e.kind == Entity::Kind::variable && !program_.var(e.var).written)
        error(Diagnostic(Code::E0310, "def `" + def.name.text + "` never writes its result `" + p.name.text + "`",
                         p.name.span));
  }
  node_counter_.pop_back();
  def_stack_.pop_back();
  // A library's def may name variables of programs that call it.
  const bool library = !graph_.files.empty() && site.file != &graph_.files.front().file;
  const auto begin = diagnostics_.begin() + static_cast<std::ptrdiff_t>(before);
  diagnostics_.erase(std::remove_if(begin, diagnostics_.end(),
                                    [&](const Diagnostic& d) {
                                      return open_without_a_call(d.code) || (library && d.code == Code::E0102);
                                    }),
                     diagnostics_.end());
}

}  // namespace openinfer
