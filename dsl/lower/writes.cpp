#include "dsl/lower/writes.h"

#include <utility>
#include <vector>

namespace openinfer {
namespace {

// Each def and block is looked at once; those to come wait in a list, since calls may go as deep as the file is long.
class Writes {
 public:
  explicit Writes(const Names& names) : names_(names) {}

  void add(const Def& d, bool called) {
    if (seen_.insert(&d).second) defs_.push_back({&d, called});
  }
  void add(const Block& b) {
    if (seen_.insert(&b).second) blocks_.push_back(&b);
  }
  std::set<std::string> run() {
    while (!defs_.empty() || !blocks_.empty()) {
      if (!defs_.empty()) {
        const auto [d, called] = defs_.back();
        defs_.pop_back();
        std::set<std::string> outer = called ? std::exchange(found_, {}) : std::set<std::string>();
        for (const DefEntry& e : d->body)
          if (const auto* n = std::get_if<Node>(&e)) node(*n);
        if (!called) continue;
        // What it declares is its own.
        own_.clear();
        for (const auto* list : {&d->params, &d->results})
          for (const Param& p : *list) own_.insert(p.name.text);
        for (const DefEntry& e : d->body) {
          if (const auto* n = std::get_if<Node>(&e)) declared(*n);
          if (const auto* m = std::get_if<MemorySection>(&e))
            for (const Decl& x : m->decls) own_.insert(x.name.text);
        }
        for (const std::string& name : found_)
          if (!own_.contains(name)) outer.insert(name);
        found_ = std::move(outer);
      } else {
        const Block* b = blocks_.back();
        blocks_.pop_back();
        // A consumer's closing yield gives back; it hands nothing over.
        const size_t closing = first_await(*b) != nullptr && b->nodes.size() > 1 ? 1 : 0;
        for (size_t i = 0; i + closing < b->nodes.size(); ++i) node(b->nodes[i]);
      }
    }
    return std::move(found_);
  }

 private:
  void nodes(const std::vector<Node>& list) {
    for (const Node& n : list) node(n);
  }
  void node(const Node& n) {
    if (const auto* x = std::get_if<OpNode>(&n.body)) outs(x->outs);
    if (const auto* x = std::get_if<CallNode>(&n.body)) {
      outs(x->outs);
      if (const auto hit = names_.defs.find(x->def.text); hit != names_.defs.end()) add(*hit->second.def, true);
    }
    if (const auto* x = std::get_if<FuseNode>(&n.body)) outs(x->outs), nodes(x->body);
    if (const auto* x = std::get_if<LoopNode>(&n.body)) nodes(x->body);
    if (const auto* x = std::get_if<TransferNode>(&n.body)) found_.insert(x->to.ref.name.text);
    if (const auto* x = std::get_if<CacheReadNode>(&n.body)) found_.insert(x->to.ref.name.text);
    if (const auto* x = std::get_if<CacheWriteNode>(&n.body)) found_.insert(x->to.name.text);
    if (const auto* x = std::get_if<CacheStepNode>(&n.body)) found_.insert(x->name.text);
    if (const auto* x = std::get_if<CacheResetNode>(&n.body)) found_.insert(x->ref.name.text);
    if (const auto* x = std::get_if<YieldNode>(&n.body))
      if (const auto hit = names_.awaiting.find(x->names.front().text); hit != names_.awaiting.end())
        for (const std::string& name : hit->second) called(name);
    if (const auto* x = std::get_if<BranchNode>(&n.body)) {
      called(x->target.text);
      if (x->otherwise) called(x->otherwise->text);
    }
  }
  void declared(const Node& n) {
    const auto typed = [this](const Outs& o) {
      for (const Out& x : o.list)
        if (x.type || o.common) own_.insert(x.ref.name.text);
    };
    if (const auto* x = std::get_if<AssignNode>(&n.body)) own_.insert(x->name.text);
    if (const auto* x = std::get_if<OpNode>(&n.body)) typed(x->outs);
    if (const auto* x = std::get_if<CallNode>(&n.body)) typed(x->outs);
    if (const auto* x = std::get_if<FuseNode>(&n.body)) typed(x->outs);
    if (const auto* x = std::get_if<TransferNode>(&n.body); x && x->to.type) own_.insert(x->to.ref.name.text);
    if (const auto* x = std::get_if<CacheReadNode>(&n.body); x && x->to.type) own_.insert(x->to.ref.name.text);
  }
  void called(const std::string& name) {
    if (const auto hit = names_.blocks.find(name); hit != names_.blocks.end()) add(*hit->second.block);
  }
  void outs(const Outs& o) {
    for (const Out& x : o.list) found_.insert(x.ref.name.text);
  }

  const Names& names_;
  std::set<std::string> found_, own_;
  std::set<const void*> seen_;
  std::vector<std::pair<const Def*, bool>> defs_;  // called, or the one that is asked for
  std::vector<const Block*> blocks_;
};

}  // namespace

std::set<std::string> names_written(const Def& def, const Names& names) {
  Writes writes(names);
  writes.add(def, false);
  return writes.run();
}

std::set<std::string> names_written(const Block& block, const Names& names) {
  Writes writes(names);
  writes.add(block);
  return writes.run();
}

}  // namespace openinfer
