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

// Not in blocks that are called from there: they return to here.
const Node* first_return(const std::vector<Node>& nodes) {
  for (const Node& n : nodes) {
    if (std::holds_alternative<ReturnNode>(n.body)) return &n;
    if (const auto* loop = std::get_if<LoopNode>(&n.body))
      if (const Node* inside = first_return(loop->body)) return inside;
  }
  return nullptr;
}

std::string list_text(const std::set<std::string>& names) {
  std::string s;
  for (const std::string& n : names) s += (s.empty() ? "`" : ", `") + n + "`";
  return s;
}

}  // namespace

Handover* Lowering::handed_over(VarId var) {
  for (Handover& h : handovers_)
    if (h.vars.contains(static_cast<uint32_t>(var))) return &h;
  return nullptr;
}

bool Lowering::refuse_handed_over(VarId var, Span span) {
  Handover* h = handed_over(var);
  if (!h) return false;
  if (!h->faulty)
    error(Diagnostic(Code::E0405, "`" + program_.var(var).name + "` was handed over and is not taken back yet", span)
              .note("handed over here", h->span));
  h->faulty = true;  // an await that is missing shows in whatever comes behind it
  return true;
}

// A way out of a loop or block that passes by an await.
void Lowering::refuse_leaving(size_t base, const char* word, Span span) {
  if (handovers_.size() <= base || handovers_.back().faulty) return;
  error(Diagnostic(
            Code::E0403,
            "this " + std::string(word) + " leaves before " + list_text(handovers_.back().names) + " is taken back",
            span)
            .note("handed over here", handovers_.back().span));
}

void Lowering::note_touch(VarId var, bool write, Span span) {
  const Variable& v = program_.var(var);
  if (v.kind == VarKind::constant) return;
  const auto id = static_cast<uint32_t>(var);
  touched_.insert(id);
  for (const auto& [reads, written] : recorders_) (write ? *written : *reads).insert(id);
  for (const Handover& h : handovers_) {
    const bool race = h.consumer_writes.contains(id) || (write && h.consumer_reads.contains(id));
    if (!race || h.faulty) continue;
    error(Diagnostic(
              Code::E0410,
              "`" + v.name +
                  "` is used by a consumer and here before the value is taken back: the result would depend on timing",
              span)
              .note("handed over here", h.span));
    return;
  }
}

// Those that only read, then the one that writes; nothing when they are refused.
std::vector<const BlockSite*> Lowering::consumers(const std::set<std::string>& names, Handover& handover, Span span) {
  std::vector<const BlockSite*> readers, writers;
  std::set<std::string> blocks;  // by name, so that the order is always the same
  for (const std::string& name : names)
    if (const auto hit = names_.awaiting.find(name); hit != names_.awaiting.end())
      blocks.insert(hit->second.begin(), hit->second.end());
  for (const std::string& n : blocks) {
    const BlockSite& site = names_.blocks.find(n)->second;
    const std::set<std::string> wanted = names_of(first_await(*site.block)->names);
    if (wanted != names) {
      error(Diagnostic(Code::E0404,
                       "block `" + n + "` awaits " + list_text(wanted) + ", here " + list_text(names) +
                           " are handed over: a list is handed over together",
                       span)
                .note("awaited here", first_await(*site.block)->names.front().span));
      handover.faulty = true;
      continue;
    }
    (writes(*site.block, names, names_) ? writers : readers).push_back(&site);
  }
  if (handover.faulty) return {};
  const bool open =
      std::any_of(names.begin(), names.end(), [&](const std::string& n) { return names_.twice.awaited.contains(n); });
  if (open) handover.faulty = true;
  if (readers.empty() && writers.empty() && !open) {
    error(Diagnostic(Code::E0403, "no block begins with await of " + list_text(names), span));
    handover.faulty = true;
  }
  if (writers.size() > 1) {
    error(Diagnostic(Code::E0406,
                     "blocks `" + writers[0]->block->name.text + "` and `" + writers[1]->block->name.text +
                         "` both write what is handed over",
                     span)
              .note("one is here", writers[0]->block->name.span)
              .note("the other is here", writers[1]->block->name.span));
    return {};  // what the list is handed over as is known all the same
  }
  if (handover.faulty) return {};
  readers.insert(readers.end(), writers.begin(), writers.end());
  return readers;
}

void Lowering::run_consumer(const BlockSite& site, Handover& handover, Scope* scope) {
  const Block& b = *site.block;
  const auto* last = std::get_if<YieldNode>(&b.nodes.back().body);
  if (!last || names_of(last->names) != handover.names) {
    error(Diagnostic(
        Code::E0407,
        "block `" + b.name.text + "` awaits " + list_text(handover.names) + " and has to end with yielding them",
        b.name.span));
    return;
  }
  if (const Node* leave = first_return(b.nodes)) {
    error(Diagnostic(Code::E0407,
                     "block `" + b.name.text + "` returns before it has yielded " + list_text(handover.names),
                     leave->span));
    return;
  }
  if (std::find(block_stack_.begin(), block_stack_.end(), b.name.text) != block_stack_.end()) {
    error(Diagnostic(Code::E0401, "block `" + b.name.text + "` hands over to itself", handover.span));
    return;
  }
  std::set<uint32_t> reads, written;
  const size_t first_new = program_.variables.size();
  recorders_.emplace_back(&reads, &written);
  Scope inner;
  inner.parent = scope;
  block_stack_.push_back(b.name.text);
  block_defs_.push_back(def_stack_.size());
  block_handed_.push_back(handovers_.size());
  node_counter_.push_back(0);
  const int outer_loops = std::exchange(loops_, 0);
  body_->emplace_back();
  body_->back().kind = StepKind::scope;
  body_->back().label = b.name.text;
  body_->back().node = current_node_;
  std::vector<Step> body;
  with_body(body, [&] {
    for (size_t i = 1; i + 1 < b.nodes.size(); ++i) lower_node(b.nodes[i], *site.file, &inner);
  });
  body_->back().body = std::move(body);
  never_awaited(block_handed_.back());
  loops_ = outer_loops;
  node_counter_.pop_back();
  block_handed_.pop_back();
  block_defs_.pop_back();
  block_stack_.pop_back();
  recorders_.pop_back();

  // The program's variables are lowered when something first names them, so they may be new and yet not the block's.
  const auto outside = [&](uint32_t id) {
    if (handover.vars.contains(id)) return false;
    if (id < first_new) return true;
    const auto shared = program_scope_.variables.find(program_.variables[id].name);
    return shared != program_scope_.variables.end() && shared->second.kind == Entity::Kind::variable &&
           static_cast<uint32_t>(shared->second.var) == id;
  };
  const auto race = [&](uint32_t id) {
    error(Diagnostic(Code::E0410,
                     "two consumers use `" + program_.variables[id].name +
                         "` and one writes it: the result would depend on timing",
                     handover.span)
              .note("one of them is here", b.name.span)
              .note("declared here", program_.variables[id].span));
  };
  for (uint32_t id : written)
    if (outside(id) && (handover.consumer_writes.contains(id) || handover.consumer_reads.contains(id))) race(id);
  for (uint32_t id : reads)
    if (outside(id) && handover.consumer_writes.contains(id)) race(id);
  for (uint32_t id : reads)
    if (outside(id)) handover.consumer_reads.insert(id);
  for (uint32_t id : written)
    if (outside(id)) handover.consumer_writes.insert(id);
}

void Lowering::lower_yield(const YieldNode& y, const Node& node, Scope* scope) {
  if (in_def()) {
    error(Diagnostic(Code::E0320, "yield stays in blocks: a def cannot hand over", node.span));
    return;
  }
  Handover handover;
  handover.names = names_of(y.names);
  handover.span = node.span;
  handover.block = block_stack_.size();
  for (const Ident& i : y.names) {
    if (const auto hit = names_.awaiting.find(i.text); hit != names_.awaiting.end())
      reached_.insert(hit->second.begin(), hit->second.end());
    const Entity* e = find_variable(i.text, scope);
    if (!e) unknown_variable(i, scope, OrSize::no);
    if (!e || e->kind != Entity::Kind::variable) {
      handover.faulty = true;
    } else if (handed_over(e->var) || !handover.vars.insert(static_cast<uint32_t>(e->var)).second) {
      error(Diagnostic(Code::E0405, "`" + i.text + "` is handed over already", i.span));
      handover.faulty = true;
    }
  }
  if (handovers_.size() >= kMaxHandovers) {
    error(Diagnostic(Code::E0402, "more than " + std::to_string(kMaxHandovers) + " lists are handed over at once",
                     node.span));
    handover.faulty = true;
  }
  if (!handover.faulty)
    for (const BlockSite* site : consumers(handover.names, handover, node.span)) run_consumer(*site, handover, scope);
  if (handover.faulty) handover.vars.clear();
  forget_scalars();
  handovers_.push_back(std::move(handover));
}

// What is handed over past `base` when its block ends.
void Lowering::never_awaited(size_t base) {
  for (; handovers_.size() > base; handovers_.pop_back())
    if (expanded_ < kMaxExpanded && !handovers_.back().faulty)
      error(Diagnostic(Code::E0403, "what was handed over here is never awaited", handovers_.back().span));
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
  if (hit->block != block_stack_.size() && !hit->faulty) {
    error(Diagnostic(Code::E0404, "the block that handed over " + list_text(names) + " takes it back itself", node.span)
              .note("handed over here", hit->span));
    return;
  }
  handovers_.erase(hit);
  forget_scalars();
}

}  // namespace openinfer
