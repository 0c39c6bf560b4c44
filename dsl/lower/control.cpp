// Blocks, loops, branches and the nodes in them.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {
namespace {

// What walks the expanded steps recurses.
constexpr int kMaxExpandedNesting = 400;

bool has_return(const std::vector<Node>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [](const Node& n) {
    if (std::holds_alternative<ReturnNode>(n.body)) return true;
    const auto* loop = std::get_if<LoopNode>(&n.body);
    return loop && has_return(loop->body);
  });
}

bool has_break(const std::vector<Node>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const Node& n) { return std::holds_alternative<BreakNode>(n.body); });
}

}  // namespace

void Lowering::with_body(std::vector<Step>& body, const std::function<void()>& f) {
  std::vector<Step>* outer = body_;
  body_ = &body;
  f();
  body_ = outer;
}

void Lowering::lower_nodes(const std::vector<Node>& nodes, const File& file, Scope* scope) {
  for (const Node& n : nodes) lower_node(n, file, scope);
}

void Lowering::lower_node(const Node& node, const File& file, Scope* scope) {
  if (!budget(node.span)) return;
  if (nesting_ >= kMaxExpandedNesting) {
    error(Diagnostic(
        Code::E0402,
        "loops, blocks and defs stand in each other more than " + std::to_string(kMaxExpandedNesting) + " deep",
        node.span));
    return;
  }
  ++nesting_;
  lower_body(node, file, scope);
  --nesting_;
}

void Lowering::lower_body(const Node& node, const File& file, Scope* scope) {
  const auto at = [&](std::string word) { current_node_ = add_node(node, std::move(word)); };
  const auto visit = [&](const auto& n) {
    using T = std::decay_t<decltype(n)>;
    if constexpr (std::is_same_v<T, SizesNode>) {
      at("sizes");
      lower_sizes(n, file, scope);
    } else if constexpr (std::is_same_v<T, AssignNode>) {
      at("assign");
      if (!free_name(n.name, scope)) return;
      const auto t = type(n.type, file, scope, Fresh::result);
      if (t && t->is_auto)
        error(Diagnostic(Code::E0501, "`auto` is for constants: they have a stored type", n.type.span));
      if (!t || t->is_auto) {
        declare_faulty(n.name, scope);
        return;
      }
      const VarId id = declare_temporary(n.name, *t, scope);
      Step& fill = emit(StepKind::fill);  // stays only where cells may be read before they are written
      fill.out.push_back(*whole(id, n.name.span));
    } else if constexpr (std::is_same_v<T, OpNode>) {
      at(n.op.text);
      lower_op(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, CallNode>) {
      at("call");
      lower_call(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, FuseNode>) {
      at("fuse");
      lower_fuse(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, BranchNode>) {
      at("branch");
      lower_branch(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, LoopNode>) {
      at("loop");
      lower_loop(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, BreakNode>) {
      at("break");
      if (loops_ == 0) {
        error(Diagnostic(Code::E0314, "break outside a loop", node.span));
        return;
      }
      refuse_leaving(loop_handed_.back(), "break", node.span);
      if (auto c = condition(n.condition, file, scope)) emit(StepKind::leave_loop).in.push_back(std::move(*c));
    } else if constexpr (std::is_same_v<T, ReturnNode>) {
      at("return");
      if (in_def()) error(Diagnostic(Code::E0320, "return stays in blocks: a def ends with its last node", node.span));
      if (!block_handed_.empty()) refuse_leaving(block_handed_.back(), "return", node.span);
      emit(StepKind::leave_scope);
    } else if constexpr (std::is_same_v<T, BarrierNode>) {
      at("barrier");
      emit(StepKind::barrier);
    } else if constexpr (std::is_same_v<T, DepNode>) {
      at("dep");
      static constexpr std::string_view words[] = {"transfer",
                                                   "emit",
                                                   "loop",
                                                   "branch",
                                                   "call",
                                                   "fuse",
                                                   "barrier",
                                                   "cache.read",
                                                   "cache.write",
                                                   "cache.increment",
                                                   "cache.decrement",
                                                   "cache.reset",
                                                   "yield",
                                                   "await",
                                                   "sizes"};
      for (const Ident* w : {&n.after, &n.before}) {
        if (find_op(w->text) || std::find(std::begin(words), std::end(words), w->text) != std::end(words)) continue;
        std::vector<std::string_view> candidates(std::begin(words), std::end(words));
        for (const OpSchema& s : all_ops()) candidates.push_back(s.name);
        Diagnostic d(Code::E0114, "`" + w->text + "` is no op and no node word", w->span);
        const std::string_view near = nearest_name(w->text, candidates);
        if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
        error(std::move(d));
      }
      emit(StepKind::barrier).label = "dep";
    } else if constexpr (std::is_same_v<T, TransferNode>) {
      at("transfer");
      lower_transfer(n.from, n.to, false, node, file, scope);
    } else if constexpr (std::is_same_v<T, YieldNode>) {
      at("yield");
      lower_yield(n, node, scope);
    } else if constexpr (std::is_same_v<T, AwaitNode>) {
      at("await");
      lower_await(n, node, scope);
    } else if constexpr (std::is_same_v<T, EmitNode>) {
      at("emit");
      lower_emit(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, CacheReadNode>) {
      at("cache.read");
      lower_transfer(n.from, n.to, true, node, file, scope);
    } else if constexpr (std::is_same_v<T, CacheWriteNode>) {
      at("cache.write");
      lower_cache_write(n, node, file, scope);
    } else if constexpr (std::is_same_v<T, CacheStepNode>) {
      at(n.decrement ? "cache.decrement" : "cache.increment");
      lower_cache_step(n, node, file, scope);
    } else {
      static_assert(std::is_same_v<T, CacheResetNode>);
      at("cache.reset");
      lower_cache_reset(n, node, file, scope);
    }
  };
  std::visit(visit, node.body);
}

// Sizes that read what only a run knows become symbols with a value from here on.
void Lowering::lower_sizes(const SizesNode& sizes, const File& file, Scope* scope) {
  for (const SizeDef& s : sizes.sizes.sizes) {
    const std::string& name = s.name.text;
    Span earlier;
    bool taken = false;
    // A body inside may give the name another value, to its own end.
    if (const auto hit = scope->size_spans.find(name); hit != scope->size_spans.end())
      taken = true, earlier = hit->second;
    else
      taken = scope->is_def && scope->sizes.contains(name);
    for (Scope* x = scope; x && !taken; x = x->parent) {
      if (x->is_def) break;
      if (!x->parent && !taken && names_.sizes.contains(name))
        taken = true, earlier = names_.sizes.find(name)->second.def->name.span;
      if (!x->parent && !taken && bare_names_.contains(name))
        taken = true, earlier = bare_names_.find(name)->second.front()->decl->type.span;
    }
    if (taken) {
      Diagnostic d(Code::E0108, "size `" + name + "` has a value already", s.name.span);
      if (earlier.valid()) d.notes.push_back({"it got it here", earlier});
      error(std::move(d));
      continue;
    }
    const auto value = evaluate(s.value, file, scope, Reads::scalars);
    if (!value) {
      scope->sizes[name] = stand_in(name, s.name.span);
      continue;
    }
    const Dim d = faulted(*value, s.span);
    bool run_time = false;
    for (SymbolId x : dims().symbols(d)) {
      const SymbolSource from = program_.symbol(x).source;
      run_time |= from == SymbolSource::scalar || from == SymbolSource::sizes || from == SymbolSource::loop ||
                  from == SymbolSource::result || from == SymbolSource::extent;
    }
    scope->size_spans[name] = s.name.span;
    if (!run_time) {
      scope->sizes[name] = d;
      const bool old = std::any_of(program_.sizes.begin(), program_.sizes.end(), [&](const SizeFact& f) {
        return f.name == name && f.value == d && f.span == s.name.span;
      });
      if (!dims().value(d) && !old) program_.sizes.push_back({name, d, "sizes", s.name.span});
      continue;
    }
    const SymbolId symbol = new_symbol(name, SymbolSource::sizes, s.name.span);
    program_.symbols[static_cast<size_t>(symbol)].definition = d;
    if (const auto b = bound_of(d)) program_.symbols[static_cast<size_t>(symbol)].bound = *b;
    Step& step = emit(StepKind::define);
    step.symbol = symbol;
    step.value = d;
    scope->sizes[name] = dims().symbol(symbol);
  }
}

std::optional<Operand> Lowering::condition(const Ref& ref, const File& file, Scope* scope) {
  auto o = operand(ref, file, scope);
  if (!o) return std::nullopt;
  const bool literal_bool =
      o->kind == Operand::Kind::literal && !o->vector && o->values[0].kind == LiteralValue::Kind::boolean;
  if (!literal_bool &&
      (o->kind != Operand::Kind::variable || !o->shape.empty() || (o->dtype && *o->dtype != DType::boolean))) {
    error(Diagnostic(Code::E0313,
                     "a condition is a bool scalar, `" + ref.name.text + "` is " +
                         (o->dtype ? std::string(openinfer::name(*o->dtype)) : "a number") +
                         (o->shape.empty() ? "" : print(o->shape)),
                     ref.span));
    return std::nullopt;
  }
  note_read(*o);
  return o;
}

void Lowering::inline_block(const Ident& name, const Node* node, Scope* scope, std::vector<Step>& into) {
  const auto site = names_.blocks.find(name.text);
  if (site == names_.blocks.end()) {
    error(unknown_block(name, names_));
    lost_nodes_ = true;
    return;
  }
  if (std::find(block_stack_.begin(), block_stack_.end(), name.text) != block_stack_.end()) {
    error(Diagnostic(Code::E0401, "block `" + name.text + "` calls itself", name.span)
              .note("the block is here", site->second.block->name.span));
    return;
  }
  if (block_stack_.size() >= 256) {
    error(Diagnostic(Code::E0402, "blocks call each other too deeply", name.span));
    return;
  }
  reached_.insert(name.text);
  const Block& block = *site->second.block;
  if (node && first_await(block)) {
    error(Diagnostic(Code::E0320, "block `" + name.text + "` begins with await: yield calls it, not branch", name.span)
              .note("the block is here", block.name.span));
    return;
  }
  Scope inner;
  inner.parent = scope;
  const bool conditional_rest = has_return(block.nodes);
  block_stack_.push_back(name.text);
  block_defs_.push_back(def_stack_.size());
  node_counter_.push_back(0);
  if (conditional_rest) ++depth_;
  const size_t outer_certain = certain_;
  if (conditional_rest) certain_ = loop_stack_.size();
  const int outer_loops = std::exchange(loops_, 0);
  const size_t handed = handovers_.size();
  block_handed_.push_back(handed);
  into.emplace_back();
  into.back().kind = StepKind::scope;
  into.back().label = name.text;
  into.back().node = current_node_;
  std::vector<Step> body;
  with_body(body, [&] { lower_nodes(block.nodes, *site->second.file, &inner); });
  into.back().body = std::move(body);
  never_awaited(handed);
  lost_nodes_ |= names_.twice.blocks.contains(name.text);  // the other one might have written anything
  certain_ = outer_certain;
  block_handed_.pop_back();
  loops_ = outer_loops;
  if (conditional_rest) {
    --depth_;
    forget_scalars();
  }
  node_counter_.pop_back();
  block_defs_.pop_back();
  block_stack_.pop_back();
}

void Lowering::lower_branch(const BranchNode& branch, const Node& node, const File& file, Scope* scope) {
  if (!branch.condition) {
    const size_t before = body_->size();
    std::vector<Step> steps;
    inline_block(branch.target, &node, scope, steps);
    (void)before;
    for (Step& s : steps) body_->push_back(std::move(s));
    return;
  }
  auto c = condition(*branch.condition, file, scope);
  Step select;
  select.kind = StepKind::select;
  select.node = current_node_;
  if (c) select.in.push_back(std::move(*c));
  const auto side = [&](const Ident& target, std::vector<Step>& into) {
    forget_scalars();
    ++depth_;
    const size_t outer_certain = std::exchange(certain_, loop_stack_.size());
    inline_block(target, &node, scope, into);
    certain_ = outer_certain;
    --depth_;
    forget_scalars();
  };
  side(branch.target, select.body);
  if (branch.otherwise) side(*branch.otherwise, select.otherwise);
  if (c) body_->push_back(std::move(select));
}

void Lowering::lower_loop(const LoopNode& loop, const Node& node, const File& file, Scope* scope) {
  (void)node;
  const auto lo = evaluate(loop.lo, file, scope, Reads::scalars), hi = evaluate(loop.hi, file, scope, Reads::scalars);
  Scope inner;
  inner.parent = scope;
  if (size_exists(loop.index.text, scope)) {
    bool visible = false;
    Span other;
    for (Scope* s = scope; s && !visible; s = s->parent) {
      visible = s->sizes.contains(loop.index.text) && s != &program_scope_;
      if (const auto hit = s->size_spans.find(loop.index.text); visible && hit != s->size_spans.end())
        other = hit->second;
      if (s->is_def || visible) break;
      if (s->parent) continue;
      const auto named = names_.sizes.find(loop.index.text);
      const auto bare = bare_names_.find(loop.index.text);
      visible = named != names_.sizes.end() || bare != bare_names_.end();
      if (visible)
        other = named != names_.sizes.end() ? named->second.def->name.span : bare->second.front()->decl->type.span;
    }
    if (visible) {
      Diagnostic d(Code::E0108, "loop index `" + loop.index.text + "` has the name of a size", loop.index.span);
      if (other.valid()) d.notes.push_back({"the size is here", other});
      error(std::move(d));
    }
  }
  const SymbolId symbol = new_symbol(loop.index.text, SymbolSource::loop, loop.index.span);
  inner.sizes[loop.index.text] = dims().symbol(symbol);
  inner.size_spans[loop.index.text] = loop.index.span;
  if (lo && hi) {
    loop_bounds_.emplace(static_cast<uint32_t>(symbol), std::pair{*lo, *hi});
    program_.symbols[static_cast<size_t>(symbol)].bound = dims().sub(resolve(*hi), dims().constant(1));
    program_.symbols[static_cast<size_t>(symbol)].least = known(*lo);
  }
  Step step;
  step.kind = StepKind::loop;
  step.node = current_node_;
  step.symbol = symbol;
  step.label = loop.label.text;
  if (lo) step.value = *lo;
  if (hi) step.other = *hi;
  std::vector<std::set<std::string>> handed;
  for (const Handover& h : handovers_) handed.push_back(h.names);
  forget_scalars();  // what the body changes is read again in each iteration
  ++depth_;
  ++loops_;
  loop_handed_.push_back(handovers_.size());
  const size_t outer_certain = certain_;
  loop_stack_.push_back(static_cast<uint32_t>(symbol));
  if (has_break(loop.body) || has_return(loop.body)) certain_ = loop_stack_.size();
  std::vector<Step> body;
  with_body(body, [&] { lower_nodes(loop.body, file, &inner); });
  loop_stack_.pop_back();
  certain_ = outer_certain;
  loop_handed_.pop_back();
  --loops_;
  --depth_;
  forget_scalars();
  std::vector<std::set<std::string>> now;
  for (const Handover& h : handovers_) now.push_back(h.names);
  if (now != handed)
    error(Diagnostic(Code::E0403, "an iteration ends with other values handed over than it begins with", node.span));
  step.body = std::move(body);
  if (lo && hi) body_->push_back(std::move(step));
}

}  // namespace openinfer
