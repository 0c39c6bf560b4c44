#include <algorithm>
#include <utility>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"
#include "ir/no_package.h"

namespace openinfer {
namespace {

// All that branches name.
void collect_targets(const std::vector<Node>& nodes, std::set<std::string>& targets);
void collect_targets(const Node& node, std::set<std::string>& targets) {
  if (const auto* b = std::get_if<BranchNode>(&node.body)) {
    targets.insert(b->target.text);
    if (b->otherwise) targets.insert(b->otherwise->text);
  } else if (const auto* l = std::get_if<LoopNode>(&node.body)) {
    collect_targets(l->body, targets);
  }
}
void collect_targets(const std::vector<Node>& nodes, std::set<std::string>& targets) {
  for (const Node& n : nodes) collect_targets(n, targets);
}

std::set<std::string> branch_targets(const Graph& graph) {
  std::set<std::string> targets;
  for (const GraphFile& f : graph.files)
    for (const Item& item : f.file.items) {
      if (const auto* b = std::get_if<Block>(&item)) collect_targets(b->nodes, targets);
      if (const auto* d = std::get_if<Def>(&item))
        for (const DefEntry& e : d->body)
          if (const auto* n = std::get_if<Node>(&e)) collect_targets(*n, targets);
    }
  return targets;
}

}  // namespace

std::vector<std::string> entry_blocks(const Graph& graph) {
  const std::set<std::string> targets = branch_targets(graph);
  std::vector<std::string> order;
  for (const GraphFile& f : graph.files)
    for (const Item& item : f.file.items)
      if (const auto* b = std::get_if<Block>(&item); b && !first_await(*b)) order.push_back(b->name.text);
  std::erase_if(order, [&](const std::string& n) { return targets.contains(n); });
  return order;
}

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
  finish();
  if (diagnostics_.size() != before) return std::nullopt;
  return std::move(program_);
}

namespace {

// The one mistake is that no package was given: not one error for each thing that would lie in it.
void say_once(Diagnostics& found) {
  const auto lacks = [](const Diagnostic& d) { return d.help == kGiveAPackage; };
  for (const Code surest : {Code::E0103, Code::P0026}) {
    const auto first = std::find_if(found.begin(), found.end(), [&](const auto& d) { return d.code == surest; });
    if (first != found.end()) std::rotate(found.begin(), first, first + 1);
  }
  bool said = false;
  std::erase_if(found, [&](const Diagnostic& d) { return lacks(d) && std::exchange(said, true); });
}

// What was found before is not said again.
void merge(Diagnostics found, Diagnostics& all) {
  for (Diagnostic& d : found) {
    const bool old = std::any_of(all.begin(), all.end(), [&](const Diagnostic& x) {
      // A size is unknown once, wherever it is read.
      return x.code == d.code && (x.span == d.span || d.code == Code::E0103) && x.message == d.message;
    });
    if (!old && all.size() <= kMaxErrors) all.push_back(std::move(d));
  }
}

// Where a graph is right without the caller's sizes, they are what is wrong.
void blame_the_caller(const LowerOptions& options, Diagnostics& found,
                      const std::function<bool(const LowerOptions&)>& right) {
  const bool said = std::any_of(found.begin(), found.end(), [](const Diagnostic& d) {
    return d.code == Code::U0002 || d.code == Code::E0205 || d.code == Code::E0113;
  });
  if (found.empty() || options.sizes.empty() || said) return;
  const auto without = [&](const std::map<std::string, int64_t>& sizes) {
    LowerOptions rest = options;
    for (const auto& [name, value] : sizes) rest.sizes.erase(name);
    return right(rest);
  };
  std::map<std::string, int64_t> wrong;
  for (const auto& size : options.sizes)
    if (wrong.empty() && without({size})) wrong.insert(size);
  if (wrong.empty() && options.sizes.size() > 1 && without(options.sizes)) wrong = options.sizes;
  if (wrong.empty()) return;
  std::string given;
  for (const auto& [name, value] : wrong)
    given += (given.empty() ? "`" : ", `") + name + "` cannot be " + std::to_string(value);
  Diagnostic d(Code::U0001, "size " + given + ": " + found.front().message, found.front().span);
  d.notes = found.front().notes;
  found = {std::move(d)};
}

}  // namespace

std::optional<Program> lower(const Graph& graph, const LowerOptions& options, Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  const Names names = collect_names(graph, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  Diagnostics own;
  auto program = Lowering(graph, names, options, own).run();
  if (options.package == &no_package()) say_once(own);
  blame_the_caller(options, own, [&](const LowerOptions& other) {
    Diagnostics quiet;
    return Lowering(graph, names, other, quiet).run().has_value();
  });
  check_spelling(graph, names, own);
  if (!own.empty()) program.reset();
  merge(std::move(own), diagnostics);
  return program;
}

namespace {

void check_all(const Graph& graph, const Names& names, const LowerOptions& options, Diagnostics& diagnostics) {
  std::vector<std::string> entries = entry_blocks(graph);
  if (!options.entry.empty()) entries = {options.entry};
  if (entries.empty()) entries = {"entry"};
  // A block that is missing its callers, because they misspell it, is no entry.
  const std::set<std::string> targets = branch_targets(graph);
  const bool misspelled =
      std::any_of(targets.begin(), targets.end(), [&](const auto& t) { return !names.blocks.contains(t); });
  if (misspelled && names.blocks.contains("entry")) std::erase_if(entries, [](const auto& e) { return e != "entry"; });
  uint64_t expanded = 0;
  std::set<std::string> reached;
  const auto enter = [&](const std::string& entry) {
    LowerOptions one = options;
    one.entry = entry;
    Diagnostics own;
    Lowering lowering(graph, names, one, own);
    lowering.begin_with(expanded);
    (void)lowering.run();
    expanded = lowering.expanded();
    reached.insert(lowering.reached().begin(), lowering.reached().end());
    merge(std::move(own), diagnostics);
  };
  for (const std::string& e : entries)
    if (diagnostics.size() <= kMaxErrors) enter(e);
  Diagnostics spelling;
  check_spelling(graph, names, spelling);
  merge(std::move(spelling), diagnostics);
  const bool unpaired = std::any_of(diagnostics.begin(), diagnostics.end(),
                                    [](const Diagnostic& d) { return d.code == Code::E0403 || d.code == Code::E0404; });
  if (!options.entry.empty() || misspelled) return;
  {
    Diagnostics own;
    Lowering lowering(graph, names, options, own);
    lowering.ask_for_nothing();
    lowering.check_declarations();
    merge(std::move(own), diagnostics);
  }
  // What no entry reaches: blocks that only call each other, and consumers of what nobody yields.
  for (const std::string& name : names.block_order) {
    if (reached.contains(name) || diagnostics.size() > kMaxErrors) continue;
    const Block& block = *names.blocks.find(name)->second.block;
    const AwaitNode* a = first_await(block);
    if (a && unpaired) continue;  // the other side is said already
    if (a)
      diagnostics.push_back(
          Diagnostic(Code::E0404, "no block yields what `" + name + "` awaits first", a->names.front().span));
    else
      enter(name);
  }
}

}  // namespace

void check(const Graph& graph, const LowerOptions& options, Diagnostics& diagnostics) {
  const Names names = collect_names(graph, diagnostics);
  if (!diagnostics.empty()) return;
  check_all(graph, names, options, diagnostics);
  blame_the_caller(options, diagnostics, [&](const LowerOptions& other) {
    Diagnostics quiet;
    check_all(graph, names, other, quiet);
    return quiet.empty();
  });
}

}  // namespace openinfer
