// What is asked of a whole graph: one Program, or all that is wrong with it.
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
  if (diagnostics.size() != before) {
    diagnostics.resize(before, Diagnostic(Code::E0108, ""));
    check(graph, options, diagnostics);
    return std::nullopt;
  }
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

// One check of a whole graph: every entry, then what none of them reaches.
class Whole {
 public:
  Whole(const Graph& graph, Names& names, const LowerOptions& options, Diagnostics& diagnostics)
      : graph_(graph), names_(names), options_(options), diagnostics_(diagnostics) {}

  void run() {
    find_orphans();
    std::vector<std::string> entries = entry_blocks(graph_);
    if (!options_.entry.empty()) entries = {options_.entry};
    if (entries.empty()) entries = {"entry"};
    std::erase_if(entries, [&](const auto& e) { return orphans_.contains(e) && e != "entry"; });
    for (const std::string& e : entries) enter(e);
    // The others that have the name of an earlier block, in its place.
    for (const BlockSite& again : names_.blocks_again) {
      BlockSite& place = names_.blocks.find(again.block->name.text)->second;
      const BlockSite first = std::exchange(place, again);
      for (const std::string& e : entries) enter(e);
      place = first;
    }
    Diagnostics spelling;
    check_spelling(graph_, names_, spelling);
    merge(std::move(spelling), diagnostics_);
    if (!options_.entry.empty()) return;
    with(options_, [](Lowering& lowering) {
      lowering.ask_for_nothing();
      lowering.check_declarations();
    });
    if (!misspelled_) unreached();
    for (const auto& [name, site] : names_.defs)
      if (!reached_defs_.contains(site.def)) uncalled(site);
    for (const DefSite& site : names_.defs_again) uncalled(site);
  }

 private:
  template <class F>
  void with(const LowerOptions& options, F f) {
    if (diagnostics_.size() > kMaxErrors) return;
    Diagnostics own;
    Lowering lowering(graph_, names_, options, own);
    lowering.begin_with(expanded_);
    f(lowering);
    expanded_ = lowering.expanded();
    reached_.insert(lowering.reached().begin(), lowering.reached().end());
    reached_defs_.insert(lowering.reached_defs().begin(), lowering.reached_defs().end());
    merge(std::move(own), diagnostics_);
  }
  void enter(const std::string& entry) {
    LowerOptions one = options_;
    one.entry = entry;
    with(one, [](Lowering& lowering) { (void)lowering.run(); });
  }
  // A block that is missing its callers, because they misspell it, is no entry. Where no name is near to what they
  // wrote, they may mean any that nothing calls.
  void find_orphans() {
    std::vector<std::string_view> blocks;
    for (const auto& [name, site] : names_.blocks) blocks.push_back(name);
    const std::vector<std::string> entries = entry_blocks(graph_);
    for (const std::string& target : branch_targets(graph_)) {
      if (names_.blocks.contains(target)) continue;
      misspelled_ = true;
      const std::string_view near = nearest_name(target, blocks);
      for (const std::string& e : entries) {
        std::set<std::string> own;  // it does not mean itself
        collect_targets(names_.blocks.find(e)->second.block->nodes, own);
        if (near.empty() ? !own.contains(target) : near == e) orphans_.insert(e);
      }
    }
  }
  // Blocks that only call each other, and consumers of what nobody yields.
  void unreached() {
    const bool unpaired = std::any_of(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& d) {
      return d.code == Code::E0403 || d.code == Code::E0404;
    });
    for (const std::string& name : names_.block_order) {
      if (reached_.contains(name) || diagnostics_.size() > kMaxErrors) continue;
      const AwaitNode* a = first_await(*names_.blocks.find(name)->second.block);
      if (a && unpaired) continue;  // the other side is said already
      if (a)
        diagnostics_.push_back(
            Diagnostic(Code::E0404, "no block yields what `" + name + "` awaits first", a->names.front().span));
      else
        enter(name);
    }
  }
  // What is wrong with tables and with families alike is wrong with both.
  void uncalled(const DefSite& site) {
    // A graph that is too large is no larger an error for it; and what is checked here must not take longer than a run.
    const bool enough = std::any_of(diagnostics_.begin(), diagnostics_.end(),
                                    [](const Diagnostic& d) { return d.code == Code::E0402; });
    if (enough || uncalled_ >= kMaxExpanded) return;
    const uint64_t entries = std::exchange(expanded_, 0);
    LowerOptions none = options_;
    none.package = nullptr;
    const auto found = [&](VarKind tables) {
      Diagnostics all = std::exchange(diagnostics_, {});
      with(none, [&](Lowering& lowering) { lowering.check_uncalled(site, tables); });
      return std::exchange(diagnostics_, std::move(all));
    };
    Diagnostics own = found(VarKind::persistent);
    const bool tables = std::any_of(site.def->params.begin(), site.def->params.end(),
                                    [](const Param& p) { return !p.indices.empty(); });
    if (tables && !own.empty()) {
      const Diagnostics other = found(VarKind::constant);
      std::erase_if(own, [&](const Diagnostic& d) {
        return std::none_of(other.begin(), other.end(),
                            [&](const Diagnostic& x) { return x.code == d.code && x.span == d.span; });
      });
    }
    merge(std::move(own), diagnostics_);
    uncalled_ += std::exchange(expanded_, entries) + 1;
  }

  const Graph& graph_;
  Names& names_;
  const LowerOptions& options_;
  Diagnostics& diagnostics_;
  uint64_t expanded_ = 0, uncalled_ = 0;  // nodes: of entries, of defs that nobody calls
  bool misspelled_ = false;
  std::set<std::string> orphans_, reached_;
  std::set<const Def*> reached_defs_;
};

}  // namespace

void check(const Graph& graph, const LowerOptions& options, Diagnostics& diagnostics) {
  Names names = collect_names(graph, diagnostics);
  Whole(graph, names, options, diagnostics).run();
  blame_the_caller(options, diagnostics, [&](const LowerOptions& other) {
    Diagnostics quiet;
    Whole(graph, names, other, quiet).run();
    return quiet.empty();
  });
}

}  // namespace openinfer
