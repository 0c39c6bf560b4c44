#include <algorithm>
#include <utility>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {
Lowering::Lowering(const Graph& graph, const Names& names, const LowerOptions& options, Diagnostics& diagnostics)
    : graph_(graph),
      names_(names),
      options_(options),
      diagnostics_(diagnostics),
      expects_package_(names.expects_package),
      bare_names_(names.bare_names) {
  program_.dims = std::make_shared<DimTable>();
}

bool Lowering::budget(Span span) {
  if (++expanded_ < kMaxExpanded && diagnostics_.size() < kMaxErrors) return true;
  if (expanded_ == kMaxExpanded)
    error(Diagnostic(Code::E0402,
                     "the expanded graph has more than " + std::to_string(kMaxExpanded) +
                         " nodes: defs and blocks are expanded wherever they are called",
                     span));
  return false;
}

uint32_t Lowering::add_node(const Node& node, std::string word) {
  NodeInfo n;
  n.block = !def_stack_.empty() ? def_stack_.back().first : block_stack_.empty() ? std::string() : block_stack_.back();
  n.index = node_counter_.empty() ? 0 : node_counter_.back()++;
  n.word = std::move(word);
  n.span = node.span;
  n.chain.assign(chain_.rbegin(), chain_.rend());
  program_.nodes.push_back(std::move(n));
  return static_cast<uint32_t>(program_.nodes.size() - 1);
}

Step& Lowering::emit(StepKind kind) {
  Step s;
  s.kind = kind;
  s.node = current_node_;
  body_->push_back(std::move(s));
  return body_->back();
}

std::string Lowering::symbol_name(SymbolId id) const { return program_.symbol(id).name; }

std::string Lowering::print(Dim d) const {
  auto* self = const_cast<Lowering*>(this);  // resolve() keeps a cache
  return dims().print(self->resolve(d), [this](SymbolId s) { return symbol_name(s); });
}

std::string Lowering::print(const std::vector<Dim>& shape) const {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + print(shape[i]);
  return s + "]";
}

void Lowering::resolve_operand(Operand& o) {
  // It may have taken its shape after a node that only declares it.
  if (o.kind == Operand::Kind::variable && o.selectors.empty() && taken_.contains(static_cast<uint32_t>(o.var)))
    o.shape = program_.var(o.var).shape;
  if (o.kind == Operand::Kind::variable)
    if (const Variable& v = program_.var(o.var); v.kind == VarKind::constant && v.initial && !o.selectors.empty())
      o.selectors.erase(o.selectors.begin(), o.selectors.begin() + static_cast<std::ptrdiff_t>(
                                                                       std::min(v.family.size(), o.selectors.size())));
  for (Dim& d : o.shape) d = resolve(d);
  for (Selector& s : o.selectors) s.lo = resolve(s.lo), s.hi = resolve(s.hi);
  for (LiteralValue& v : o.values) v.integer = resolve(v.integer);
}

void Lowering::resolve_steps(std::vector<Step>& steps) {
  std::erase_if(steps, [&](const Step& s) {
    return s.kind == StepKind::fill && s.label.empty() && !program_.var(s.out[0].var).zero_first;
  });
  if (!taken_.empty()) {
    std::vector<Step> all;
    for (Step& s : steps) {
      if (s.kind == StepKind::fill && s.label.empty()) forget_growth(s, all);
      all.push_back(std::move(s));
    }
    steps = std::move(all);
  }
  for (Step& s : steps) {
    for (Operand& o : s.in) resolve_operand(o);
    for (Operand& o : s.out) resolve_operand(o);
    for (StepAttr& a : s.attributes) {
      a.integer = resolve(a.integer);
      for (Dim& d : a.list) d = resolve(d);
    }
    s.value = resolve(s.value);
    s.other = resolve(s.other);
    std::vector<SizeCheck> left;
    for (SizeCheck& c : s.checks) {
      switch (unify(c.a, c.b)) {
        case Unify::same:
          break;
        case Unify::differ:
          error(Diagnostic(Code::E0201, c.what + ": " + print(c.a) + " and " + print(c.b) + " differ", c.span));
          break;
        case Unify::open:
          left.push_back({resolve(c.a), resolve(c.b), c.what, c.span});
          break;
      }
    }
    s.checks = std::move(left);
    resolve_steps(s.body);
    resolve_steps(s.otherwise);
  }
}

void Lowering::finish() {
  program_.steps.insert(program_.steps.begin(), std::make_move_iterator(prologue_.begin()),
                        std::make_move_iterator(prologue_.end()));
  resolve_steps(program_.steps);
  const bool clean = diagnostics_.empty();
  // Without a package, what a stored shape would give has no value yet.
  std::set<uint32_t> stored;
  if (!options_.package)
    for (const Variable& v : program_.variables)
      if (v.kind == VarKind::constant)
        for (Dim d : v.shape)
          for (SymbolId s : dims().symbols(resolve(d))) stored.insert(static_cast<uint32_t>(s));
  for (Variable& v : program_.variables) {
    for (Dim& d : v.shape) {
      d = resolve(d);
      if (!clean) continue;
      for (SymbolId s : dims().symbols(d)) {
        if (program_.symbol(s).source != SymbolSource::placeholder || is_stand_in(s)) continue;
        if (stored.contains(static_cast<uint32_t>(s))) continue;
        error(Diagnostic(Code::E0206,
                         "nothing gives size `" + program_.symbol(s).name + "` of `" + v.name + "` a value",
                         program_.symbol(s).span.valid() ? program_.symbol(s).span : v.span)
                  .with_help("`sizes { " + program_.symbol(s).name + " = ...; }` does, or the shape of an input"));
      }
    }
    for (TableIndex& t : v.table)
      if (t.bound) t.bound = resolve(*t.bound);
    for (GrowingAxis& g : v.growing)
      if (g.index.bound) g.index.bound = resolve(*g.index.bound);
    if (v.initial) v.initial->integer = resolve(v.initial->integer);
    fill_in_each_step(v);
  }
  for (size_t i = 0; i < program_.symbols.size(); ++i) {
    Symbol& s = program_.symbols[i];
    if (s.definition) s.definition = resolve(*s.definition);
    if (s.bound) s.bound = resolve(*s.bound);
  }
  // Bounds of whole dimensions live on as bounds of a symbol that names them.
  for (const auto& [id, bound] : dim_bounds_) program_.bounds.emplace_back(resolve(Dim{id}), resolve(bound));
  std::sort(program_.bounds.begin(), program_.bounds.end(),
            [](const auto& a, const auto& b) { return a.first.id < b.first.id; });
  for (SizeFact& f : program_.sizes) f.value = resolve(f.value);
}

std::optional<Program> Lowering::run() {
  const size_t before = diagnostics_.size();
  const std::string entry = options_.entry.empty() ? "entry" : options_.entry;
  program_.entry = entry;
  if (!graph_.files.empty())
    program_.name = graph_.files[0].file.header ? graph_.files[0].file.header->name.text : graph_.files[0].name;
  const auto site = names_.blocks.find(entry);
  if (site == names_.blocks.end()) {
    std::vector<std::string_view> candidates;
    for (const auto& [n, unused] : names_.blocks) candidates.push_back(n);
    Diagnostic d(Code::E0113, "the graph has no block `" + entry + "`", {});
    const std::string_view near = nearest_name(entry, candidates);
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    error(std::move(d));
    return std::nullopt;
  }
  for (const auto& [name, value] : options_.sizes) {
    const bool known_size = names_.sizes.contains(name) || bare_names_.contains(name) ||
                            (options_.package && options_.package->find_size(name)) ||
                            (!options_.package && expects_package_);
    if (known_size) {
      (void)program_size(name);
      continue;
    }
    std::vector<std::string_view> candidates;
    for (const auto& [n, s] : names_.sizes) candidates.push_back(n);
    for (const auto& [n, s] : bare_names_) candidates.push_back(n);
    Diagnostic d(Code::U0002, "the graph has no size `" + name + "`", {});
    const std::string_view near = nearest_name(name, candidates);
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    error(std::move(d));
  }
  if (first_await(*site->second.block)) {
    error(Diagnostic(Code::E0404, "block `" + entry + "` begins with await: a run cannot start there",
                     site->second.block->name.span));
    return std::nullopt;
  }
  body_ = &program_.steps;
  Ident name = site->second.block->name;
  inline_block(name, nullptr, &program_scope_, program_.steps);
  read_inputs_of_sizes();
  finish();
  if (diagnostics_.size() != before) return std::nullopt;
  return std::move(program_);
}

}  // namespace openinfer
