// yield and await. A consumer runs where its value is handed over: consumers that only read first, the one that writes
// last, so each sees the value as it was yielded. That is one of the orders the language allows, and since races are
// refused here, every other order gives the same values.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/writes.h"

namespace openinfer {
namespace {

std::set<std::string> names_of(const std::vector<Ident>& list) {
  std::set<std::string> s;
  for (const Ident& i : list) s.insert(i.text);
  return s;
}

bool writes(const Block& block, const std::set<std::string>& names, const Names& program) {
  const std::set<std::string> found = names_written(block, program);
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return found.contains(n); });
}

std::string list_text(const std::set<std::string>& names) {
  std::string s;
  for (const std::string& n : names) s += (s.empty() ? "`" : ", `") + n + "`";
  return s;
}

}  // namespace

bool Lowering::handed_over(std::string_view name) const {
  return std::any_of(handovers_.begin(), handovers_.end(),
                     [&](const Handover& h) { return h.names.contains(std::string(name)); });
}

void Lowering::note_touch(VarId var, bool write, Span span) {
  const Variable& v = program_.var(var);
  if (v.kind == VarKind::constant) return;
  const auto id = static_cast<uint32_t>(var);
  for (const auto& [reads, written] : recorders_) (write ? *written : *reads).insert(id);
  for (const Handover& h : handovers_) {
    const bool race = h.consumer_writes.contains(id) || (write && h.consumer_reads.contains(id));
    if (!race) continue;
    error(Diagnostic(
              Code::E0410,
              "`" + v.name +
                  "` is used by a consumer and here before the value is taken back: the result would depend on timing",
              span)
              .note("handed over here", h.span));
    return;
  }
}

void Lowering::lower_yield(const YieldNode& y, const Node& node, Scope* scope) {
  if (in_def()) {
    error(Diagnostic(Code::E0320, "yield stays in blocks: a def cannot hand over", node.span));
    return;
  }
  const std::set<std::string> names = names_of(y.names);
  for (const Ident& i : y.names) {
    if (!find_variable(i.text, scope)) {
      unknown_variable(i, scope);
      return;
    }
    if (handed_over(i.text)) {
      error(Diagnostic(Code::E0405, "`" + i.text + "` is handed over already", i.span));
      return;
    }
  }
  std::vector<const BlockSite*> readers, writers;
  for (const auto& [n, site] : names_.blocks) {
    const AwaitNode* a = first_await(*site.block);
    if (!a) continue;
    const std::set<std::string> wanted = names_of(a->names);
    const bool shares =
        std::any_of(wanted.begin(), wanted.end(), [&](const std::string& s) { return names.contains(s); });
    if (!shares) continue;
    reached_.insert(n);
    if (wanted != names) {
      error(Diagnostic(Code::E0404,
                       "block `" + n + "` awaits " + list_text(wanted) + ", here " + list_text(names) +
                           " are handed over: a list is handed over together",
                       node.span)
                .note("awaited here", a->names.front().span));
      return;
    }
    (writes(*site.block, names, names_) ? writers : readers).push_back(&site);
  }
  if (readers.empty() && writers.empty()) {
    error(Diagnostic(Code::E0403, "no block begins with await of " + list_text(names), node.span));
    return;
  }
  if (writers.size() > 1) {
    error(Diagnostic(Code::E0406,
                     "blocks `" + writers[0]->block->name.text + "` and `" + writers[1]->block->name.text +
                         "` both write what is handed over",
                     node.span)
              .note("one is here", writers[0]->block->name.span)
              .note("the other is here", writers[1]->block->name.span));
    return;
  }
  Handover handover;
  handover.names = names;
  handover.span = node.span;
  std::vector<const BlockSite*> order = readers;
  order.insert(order.end(), writers.begin(), writers.end());
  for (const BlockSite* site : order) {
    const Block& b = *site->block;
    const auto* last = std::get_if<YieldNode>(&b.nodes.back().body);
    if (!last || names_of(last->names) != names) {
      error(Diagnostic(Code::E0407,
                       "block `" + b.name.text + "` awaits " + list_text(names) + " and has to end with yielding them",
                       b.name.span));
      continue;
    }
    if (std::find(block_stack_.begin(), block_stack_.end(), b.name.text) != block_stack_.end()) {
      error(Diagnostic(Code::E0401, "block `" + b.name.text + "` hands over to itself", node.span));
      continue;
    }
    std::set<uint32_t> reads, written;
    const size_t first_new = program_.variables.size();
    recorders_.emplace_back(&reads, &written);
    Scope inner;
    inner.parent = scope;
    block_stack_.push_back(b.name.text);
    block_defs_.push_back(def_stack_.size());
    node_counter_.push_back(0);
    const int outer_loops = std::exchange(loops_, 0);
    body_->emplace_back();
    body_->back().kind = StepKind::scope;
    body_->back().label = b.name.text;
    body_->back().node = current_node_;
    std::vector<Step> body;
    with_body(body, [&] {
      for (size_t i = 1; i + 1 < b.nodes.size(); ++i) lower_node(b.nodes[i], *site->file, &inner);
    });
    body_->back().body = std::move(body);
    loops_ = outer_loops;
    node_counter_.pop_back();
    block_defs_.pop_back();
    block_stack_.pop_back();
    recorders_.pop_back();
    const auto outside = [&](uint32_t id) { return id < first_new && !names.contains(program_.variables[id].name); };
    for (uint32_t id : written) {
      if (!outside(id)) continue;
      if (handover.consumer_writes.contains(id) || handover.consumer_reads.contains(id))
        error(Diagnostic(Code::E0410,
                         "two consumers use `" + program_.variables[id].name +
                             "` and one writes it: the result would depend on timing",
                         node.span));
    }
    for (uint32_t id : reads)
      if (outside(id) && handover.consumer_writes.contains(id))
        error(Diagnostic(Code::E0410,
                         "two consumers use `" + program_.variables[id].name +
                             "` and one writes it: the result would depend on timing",
                         node.span));
    for (uint32_t id : reads)
      if (outside(id)) handover.consumer_reads.insert(id);
    for (uint32_t id : written)
      if (outside(id)) handover.consumer_writes.insert(id);
  }
  forget_scalars();
  handovers_.push_back(std::move(handover));
}

void Lowering::lower_await(const AwaitNode& a, const Node& node, Scope* scope) {
  (void)scope;
  if (in_def()) {
    error(Diagnostic(Code::E0320, "await stays in blocks: a def cannot take back", node.span));
    return;
  }
  const std::set<std::string> names = names_of(a.names);
  const auto hit =
      std::find_if(handovers_.begin(), handovers_.end(), [&](const Handover& h) { return h.names == names; });
  if (hit == handovers_.end()) {
    error(Diagnostic(Code::E0404, "nothing yields " + list_text(names) + " before this await", node.span));
    return;
  }
  handovers_.erase(hit);
  forget_scalars();
}

}  // namespace openinfer
