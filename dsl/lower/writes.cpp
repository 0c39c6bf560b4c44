#include "dsl/lower/writes.h"

#include <vector>

namespace openinfer {
namespace {

// Each def and block is looked at once; those to come wait in a list, since calls may go as deep as the file is long.
class Writes {
 public:
  explicit Writes(const Names& names) : names_(names) {}

  void add(const Def& d) {
    if (seen_.insert(&d).second) defs_.push_back(&d);
  }
  void add(const Block& b) {
    if (seen_.insert(&b).second) blocks_.push_back(&b);
  }
  std::set<std::string> run() {
    while (!defs_.empty() || !blocks_.empty()) {
      if (!defs_.empty()) {
        const Def* d = defs_.back();
        defs_.pop_back();
        for (const DefEntry& e : d->body)
          if (const auto* n = std::get_if<Node>(&e)) node(*n);
      } else {
        const Block* b = blocks_.back();
        blocks_.pop_back();
        nodes(b->nodes);
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
      if (const auto hit = names_.defs.find(x->def.text); hit != names_.defs.end()) add(*hit->second.def);
    }
    if (const auto* x = std::get_if<FuseNode>(&n.body)) outs(x->outs), nodes(x->body);
    if (const auto* x = std::get_if<LoopNode>(&n.body)) nodes(x->body);
    if (const auto* x = std::get_if<TransferNode>(&n.body)) found_.insert(x->to.ref.name.text);
    if (const auto* x = std::get_if<CacheReadNode>(&n.body)) found_.insert(x->to.ref.name.text);
    if (const auto* x = std::get_if<CacheWriteNode>(&n.body)) found_.insert(x->to.name.text);
    if (const auto* x = std::get_if<CacheStepNode>(&n.body)) found_.insert(x->name.text);
    if (const auto* x = std::get_if<CacheResetNode>(&n.body)) found_.insert(x->ref.name.text);
    if (const auto* x = std::get_if<BranchNode>(&n.body)) {
      called(x->target.text);
      if (x->otherwise) called(x->otherwise->text);
    }
  }
  void called(const std::string& name) {
    if (const auto hit = names_.blocks.find(name); hit != names_.blocks.end()) add(*hit->second.block);
  }
  void outs(const Outs& o) {
    for (const Out& x : o.list) found_.insert(x.ref.name.text);
  }

  const Names& names_;
  std::set<std::string> found_;
  std::set<const void*> seen_;
  std::vector<const Def*> defs_;
  std::vector<const Block*> blocks_;
};

}  // namespace

std::set<std::string> names_written(const Def& def, const Names& names) {
  Writes writes(names);
  writes.add(def);
  return writes.run();
}

std::set<std::string> names_written(const Block& block, const Names& names) {
  Writes writes(names);
  writes.add(block);
  return writes.run();
}

}  // namespace openinfer
