#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {
namespace {

// Of names that are looked up one from inside the other.
constexpr size_t kMaxChain = 256;

}  // namespace

SymbolId Lowering::new_symbol(std::string name, SymbolSource source, Span span) {
  program_.symbols.push_back({std::move(name), source, span, {}, {}, {}});
  return static_cast<SymbolId>(program_.symbols.size() - 1);
}

Dim Lowering::placeholder(const std::string& name, Span span) {
  return dims().symbol(new_symbol(name, SymbolSource::placeholder, span));
}

Dim Lowering::stand_in(const std::string& name, Span span) {
  const SymbolId s = new_symbol(name, SymbolSource::placeholder, span);
  stand_ins_.insert(static_cast<uint32_t>(s));
  return dims().symbol(s);
}

std::optional<SymbolId> Lowering::as_placeholder(Dim d) {
  const auto s = dims().as_symbol(resolve(d));
  if (!s || program_.symbol(*s).source != SymbolSource::placeholder) return std::nullopt;
  return s;
}

// What names were bound to may name others, in chains as long as the file: no recursion here.
Dim Lowering::resolve(Dim d) {
  if (bound_.empty() || dims().value(d)) return d;
  if (const auto hit = resolved_.find(d.id); hit != resolved_.end()) return hit->second;
  std::vector<uint32_t> open;
  const auto push_unsettled = [&](Dim x) {
    const size_t before = open.size();
    for (SymbolId s : dims().symbols(x)) {
      const auto id = static_cast<uint32_t>(s);
      if (bound_.contains(id) && !settled_.contains(id)) open.push_back(id);
    }
    return open.size() != before;
  };
  const auto settled = [this](SymbolId s) -> std::optional<Dim> {
    const auto hit = settled_.find(static_cast<uint32_t>(s));
    return hit == settled_.end() ? std::nullopt : std::optional<Dim>(hit->second);
  };
  push_unsettled(d);
  while (!open.empty()) {
    const uint32_t s = open.back();
    Dim& value = bound_[s];
    if (settled_.contains(s)) {
      open.pop_back();
    } else if (!push_unsettled(value)) {
      value = dims().substitute(value, settled);
      settled_.emplace(s, value);
      open.pop_back();
    }
  }
  const Dim r = dims().substitute(d, settled);
  resolved_.emplace(d.id, r);
  return r;
}

// `value` is resolved and does not read the symbol itself.
void Lowering::bind(SymbolId symbol, Dim value) {
  bound_[static_cast<uint32_t>(symbol)] = value;
  resolved_.clear();
  settled_.clear();
}

Dim Lowering::expand(Dim d) {
  d = resolve(d);
  for (int round = 0; round < 16; ++round) {
    const Dim next = resolve(dims().substitute(d, [this](SymbolId s) { return program_.symbol(s).definition; }));
    if (next == d) break;
    d = next;
  }
  return d;
}

DimOrder Lowering::equal(Dim a, Dim b) {
  const DimOrder plain = dims().compare(resolve(a), resolve(b));
  return plain == DimOrder::unknown ? dims().compare(expand(a), expand(b)) : plain;
}

Lowering::Unify Lowering::unify(Dim a, Dim b) {
  a = resolve(a);
  b = resolve(b);
  if (a == b) return Unify::same;
  for (const Dim d : {a, b})
    if (const auto s = dims().as_symbol(d); s && is_stand_in(*s)) return Unify::same;
  const auto reads = [this](Dim d, SymbolId s) {
    const auto all = dims().symbols(d);
    return std::find(all.begin(), all.end(), s) != all.end();
  };
  if (const auto p = as_placeholder(a); p && !reads(b, *p)) {
    bind(*p, b);
    return Unify::same;
  }
  if (const auto p = as_placeholder(b); p && !reads(a, *p)) {
    bind(*p, a);
    return Unify::same;
  }
  switch (equal(a, b)) {
    case DimOrder::equal:
      return Unify::same;
    case DimOrder::different:
      return Unify::differ;
    case DimOrder::unknown:
      return Unify::open;
  }
  return Unify::open;
}

bool Lowering::size_exists(std::string_view name, Scope* scope) {
  for (Scope* s = scope; s; s = s->parent)
    if (s->sizes.contains(name)) return true;
  return names_.sizes.contains(name) || bare_names_.contains(name) || options_.sizes.contains(std::string(name)) ||
         (options_.package && options_.package->find_size(name));
}

std::optional<Dim> Lowering::find_size(std::string_view name, Scope* scope) {
  for (Scope* s = scope; s; s = s->parent)
    if (const auto hit = s->sizes.find(name); hit != s->sizes.end()) return resolve(hit->second);
  return program_size(std::string(name));
}

// A name of the whole program: the caller, the package, `sizes`, the shape of a stored tensor, an input's shape.
std::optional<Dim> Lowering::program_size(const std::string& name) {
  if (const auto hit = program_scope_.sizes.find(name); hit != program_scope_.sizes.end()) return resolve(hit->second);
  const auto given = options_.sizes.find(name);
  const auto stored = options_.package ? options_.package->find_size(name) : std::nullopt;
  const auto defined = names_.sizes.find(name);
  const auto bare = bare_names_.find(name);
  const auto remember = [&](Dim d, std::string source, Span span) {
    program_scope_.sizes[name] = d;
    program_.sizes.push_back({name, d, std::move(source), span});
    return d;
  };
  const bool fixed = defined != names_.sizes.end() && !defined->second.def->if_absent;
  const Span span = defined != names_.sizes.end() ? defined->second.def->name.span : Span{};

  if (resolving_.size() > kMaxChain) {
    error(Diagnostic(Code::E0402,
                     "sizes depend on each other through more than " + std::to_string(kMaxChain) + " names", span));
    program_scope_.sizes[name] = stand_in(name, span);
    return std::nullopt;
  }
  if (!resolving_.insert(name).second) {
    error(Diagnostic(Code::E0210, "size `" + name + "` depends on itself", span));
    return std::nullopt;
  }
  struct Leave {
    std::set<std::string, std::less<>>& set;
    const std::string& name;
    ~Leave() { set.erase(name); }
  } leave{resolving_, name};

  if (names_.twice.sizes.contains(name)) {
    (void)evaluate(defined->second.def->value, *defined->second.file, &program_scope_, Reads::sizes);
    program_scope_.sizes[name] = stand_in(name, span);
    return std::nullopt;
  }
  std::optional<Dim> value;
  std::string source;
  if (given != options_.sizes.end()) {
    value = dims().constant(given->second);
    source = "caller";
  } else if (stored) {
    value = dims().constant(*stored);
    source = "package";
  }
  if (fixed) {
    const auto own = evaluate(defined->second.def->value, *defined->second.file, &program_scope_, Reads::sizes);
    if (!own) {
      program_scope_.sizes[name] = stand_in(name, span);  // reported once
      return std::nullopt;
    }
    const Dim checked = faulted(*own, defined->second.def->span);
    if (value && equal(*value, checked) == DimOrder::different)
      error(Diagnostic(
          Code::E0205,
          "size `" + name + "` is " + print(checked) + " here and " + print(*value) + " from the " + source, span));
    return remember(value && equal(*value, checked) != DimOrder::equal ? *value : checked, value ? source : "sizes",
                    span);
  }
  if (value) return remember(*value, source, span);
  if (defined != names_.sizes.end()) {
    const auto own = evaluate(defined->second.def->value, *defined->second.file, &program_scope_, Reads::sizes);
    if (!own) {
      program_scope_.sizes[name] = stand_in(name, span);
      return std::nullopt;
    }
    return remember(faulted(*own, defined->second.def->span), "sizes, as nobody else gives it", span);
  }
  if (bare != bare_names_.end()) {
    // Stored shapes first, in the file's order; the first that the package has decides.
    for (const DeclSite* site : bare->second)
      if (site->kind == MemoryKind::constant && stored_shape_gives(name, *site))
        return resolve(program_scope_.sizes.find(name)->second);
    for (const DeclSite* site : bare->second) {
      if (site->kind != MemoryKind::dynamic) continue;
      const SymbolId s = new_symbol(name, SymbolSource::input, site->decl->name.span);
      program_.symbols[static_cast<size_t>(s)].least = 0;
      return remember(dims().symbol(s), "input `" + site->decl->name.text + "`", site->decl->name.span);
    }
    if (names_.twice.variables.contains(bare->second.front()->decl->name.text)) {
      program_scope_.sizes[name] = stand_in(name, span);
      return std::nullopt;
    }
    if (bare->second.front()->kind == MemoryKind::constant) {
      program_variable(bare->second.front()->decl->name.text);  // says why
      return std::nullopt;
    }
  }
  if (!options_.package && expects_package_) {
    const SymbolId s = new_symbol(name, SymbolSource::package, {});
    program_.symbols[static_cast<size_t>(s)].least = 0;
    return remember(dims().symbol(s), "package", {});
  }
  return std::nullopt;
}

// Quietly: a tensor that this entry does not read may be absent.
bool Lowering::stored_shape_gives(const std::string& name, const DeclSite& site) {
  const size_t errors = diagnostics_.size(), faults = faults_;
  const std::string& variable = site.decl->name.text;
  const bool had = program_scope_.variables.contains(variable);
  program_variable(variable);
  if (program_scope_.sizes.contains(name)) return true;
  if (!had) {
    diagnostics_.erase(diagnostics_.begin() + static_cast<std::ptrdiff_t>(errors), diagnostics_.end());
    faults_ = faults;
    program_scope_.variables.erase(variable);
  }
  return false;
}

// Constants that stand before this one in the file decide over sizes that both name, whichever is read first.
void Lowering::ask_earlier_shapes(const DeclSite& site) {
  for (const ExprId id : site.decl->type.dims) {
    const Expr& e = site.file->expr(id);
    if (e.kind != ExprKind::ref || e.ref.indexed || has_value_elsewhere(e.ref.name.text, &program_scope_)) continue;
    const auto bare = bare_names_.find(e.ref.name.text);
    if (bare == bare_names_.end()) continue;
    for (const DeclSite* earlier : bare->second) {
      if (earlier->decl == site.decl || resolving_.size() > kMaxChain) break;
      if (earlier->kind == MemoryKind::constant && stored_shape_gives(e.ref.name.text, *earlier)) break;
    }
  }
}

// An input whose shape gives a size is read where the size is, even if nothing reads its elements.
void Lowering::read_inputs_of_sizes() {
  std::vector<std::string> asked;
  for (size_t before = SIZE_MAX; before != program_scope_.sizes.size();) {  // an input's shape may name others
    before = program_scope_.sizes.size();
    asked.clear();
    for (const auto& [name, value] : program_scope_.sizes)
      if (const auto s = dims().as_symbol(resolve(value)); s && program_.symbol(*s).source == SymbolSource::input)
        asked.push_back(name);
    for (const std::string& name : asked) {
      const auto bare = bare_names_.find(name);
      if (bare == bare_names_.end()) continue;
      const auto is_read = [&](const DeclSite* site) { return program_.inputs.contains(site->decl->name.text); };
      const auto gives = std::find_if(bare->second.begin(), bare->second.end(),
                                      [](const DeclSite* site) { return site->kind == MemoryKind::dynamic; });
      if (gives != bare->second.end() && std::none_of(bare->second.begin(), bare->second.end(), is_read))
        program_variable((*gives)->decl->name.text);
    }
  }
}

Dim Lowering::faulted(Dim d, Span span) {
  d = resolve(d);
  switch (dims().fault(d)) {
    case DimFault::none:
      return d;
    case DimFault::inexact:
      error(Diagnostic(Code::E0207, "division is not exact: " + dims().fault_text(d), span)
                .with_help("floor(a / b) or ceil(a / b) says how to round"));
      break;
    case DimFault::overflow:
      error(Diagnostic(Code::E0208, "integer overflow: " + dims().fault_text(d), span));
      break;
    case DimFault::by_zero:
      error(Diagnostic(Code::E0212, "division by zero in a size: " + dims().fault_text(d), span));
      break;
    case DimFault::too_large:
      error(Diagnostic(Code::E0402, dims().fault_text(d), span));
      break;
  }
  return stand_in("", span);
}

void Lowering::note_bound(Dim d, Dim bound) {
  d = resolve(d);
  bound = resolve(bound);
  if (d == bound || dims().value(d)) return;
  dim_bounds_.emplace(d.id, bound);
  if (const auto s = dims().as_symbol(d)) {
    Symbol& symbol = program_.symbols[static_cast<size_t>(*s)];
    if (!symbol.bound) symbol.bound = bound;
  }
}

std::optional<Dim> Lowering::bound_of(Dim d) {
  d = resolve(d);
  if (dims().value(d)) return d;
  if (const auto hit = dim_bounds_.find(d.id); hit != dim_bounds_.end()) return hit->second;
  return std::nullopt;
}

}  // namespace openinfer
