#include "runtime/debug/scope.h"

#include <algorithm>

namespace openinfer {

DebugScope::DebugScope(const Program& program, const Graph& graph, const SourceMap& sources, const FrameTree& frames)
    : program_(program),
      sources_(sources),
      frames_(frames),
      live_(liveness(program)),
      written_(program.variables.size()) {
  for (const GraphFile& file : graph.files)
    for (const Item& item : file.file.items) {
      if (const auto* block = std::get_if<Block>(&item)) {
        for (const Node& n : block->nodes) collect(file.file, file.source, n);
      } else if (const auto* def = std::get_if<Def>(&item)) {
        defs_[def->name.text] = def;
        for (const DefEntry& entry : def->body)
          if (const auto* n = std::get_if<Node>(&entry)) collect(file.file, file.source, *n);
      }
    }
}

void DebugScope::collect(const File& file, FileId source, const Node& node) {
  if (const auto* call = std::get_if<CallNode>(&node.body))
    calls_[{source, call->def.span.begin}] = {&file, call, node.span};
  if (const auto* loop = std::get_if<LoopNode>(&node.body))
    for (const Node& n : loop->body) collect(file, source, n);
  if (const auto* fuse = std::get_if<FuseNode>(&node.body))
    for (const Node& n : fuse->body) collect(file, source, n);
}

void DebugScope::step_begins() {
  std::fill(written_.begin(), written_.end(), false);
  size_written_.clear();
}

void DebugScope::ran(const RunState& state, const RunPoint& point) {
  const Instruction& i = point.instruction();
  if (point.command != kNoCommand) {
    const Segment& s = point.segment();
    for (uint32_t slot : s.commands[point.command].out)
      for (const auto* list : {&s.slots, &s.fixed})
        for (const SlotPlan& p : *list)
          if (p.slot == slot && !p.literal) written_[static_cast<size_t>(p.var)] = true;
    return;
  }
  switch (i.kind) {
    case InstructionKind::view:
      written_[static_cast<size_t>(i.var)] = true;
      shows_[static_cast<uint32_t>(i.var)] = static_cast<uint32_t>(i.slots[0].var);
      break;
    case InstructionKind::load:
    case InstructionKind::extent:
    case InstructionKind::define:
    case InstructionKind::length:
      size_written_[i.a] = ++clock_;
      break;
    case InstructionKind::loop_begin:
    case InstructionKind::loop_next: {
      // Each iteration has its own of what is declared in the body.
      const auto symbol = static_cast<uint32_t>(point.plan.loops[i.a].symbol);
      for (size_t v = 0; v < written_.size(); ++v)
        if (program_.variables[v].home == symbol) written_[v] = false;
      if (state.loop_goes_on(point))
        size_written_[symbol] = ++clock_;
      else
        size_written_.erase(symbol);
      break;
    }
    default:
      break;
  }
}

bool DebugScope::alive(const RunPoint& point, VarId var) const {
  const auto id = static_cast<size_t>(var);
  const Variable& v = program_.var(var);
  if (point.plan.vars[id].kind == VarPlan::Kind::none || point.plan.vars[id].kind == VarPlan::Kind::literal)
    return false;
  if (v.kind != VarKind::temporary) return true;
  const Interval life = live_.vars[id];
  return written_[id] && life.first < point.step() && point.step() <= life.last;
}

std::optional<DebugScope::Argument> DebugScope::argument(Span call, std::string_view name) const {
  const auto hit = calls_.find({call.file, call.begin});
  if (hit == calls_.end()) return std::nullopt;
  const auto& [file, node, span] = hit->second;
  const auto found = defs_.find(node->def.text);
  if (found == defs_.end()) return std::nullopt;
  const Def& def = *found->second;
  std::vector<const Arg*> positional;
  for (const Arg& a : node->args)
    if (!a.name) positional.push_back(&a);
  for (size_t i = 0, next = 0; i < def.params.size(); ++i) {
    const Arg* given = nullptr;
    for (const Arg& a : node->args)
      if (a.name && a.name->text == def.params[i].name.text) given = &a;
    if (!given && next < positional.size()) given = positional[next++];
    if (def.params[i].name.text != name || !given) continue;
    if (given->value.kind == ValueKind::expr) {
      const Expr& e = file->expr(given->value.expr);
      if (e.kind == ExprKind::ref && !e.ref.indexed) return Argument{e.ref.name.text, true};
    }
    return Argument{given->value.span.valid() ? std::string(sources_.text(given->value.span)) : "no variable", false};
  }
  for (size_t i = 0; i < def.results.size() && i < node->outs.list.size(); ++i)
    if (def.results[i].name.text == name && !node->outs.list[i].ref.indexed)
      return Argument{node->outs.list[i].ref.name.text, true};
  return std::nullopt;
}

// The steps of the def that the outermost `calls` calls around a step lead to.
Interval DebugScope::steps_of_call(uint32_t step, size_t calls) const {
  std::vector<uint32_t> defs;  // innermost first
  const auto outwards = [&](uint32_t frame, auto&& visit) {
    for (uint32_t f = frame; f != 0; f = frames_.frame(f).parent) visit(f);
  };
  outwards(frames_.around(step), [&](uint32_t f) {
    if (frames_.frame(f).kind == Frame::Kind::def) defs.push_back(f);
  });
  Interval steps;
  if (calls > defs.size()) return steps;
  const uint32_t wanted = defs[defs.size() - calls];
  for (uint32_t s = 0; s <= live_.steps; ++s)
    outwards(frames_.around(s), [&](uint32_t f) {
      if (f == wanted) steps.cover(s, s);
    });
  return steps;
}

// calls: so many of the node's calls are around the body in which the name stands.
Result<VarId> DebugScope::find(const RunPoint& point, std::string_view name, size_t calls) const {
  const NodeInfo& node = program_.nodes[point.node()];
  const Def* def = nullptr;
  Span own_call;
  if (calls > 0) {
    const Span call = node.chain[node.chain.size() - calls];
    const auto hit = calls_.find({call.file, call.begin});
    const auto found = hit == calls_.end() ? defs_.end() : defs_.find(hit->second.node->def.text);
    if (found != defs_.end()) {
      def = found->second;
      own_call = hit->second.span;
    }
  }
  // A def that is called in several places has its variables several times.
  const Interval body = calls > 0 ? steps_of_call(point.step(), calls) : Interval{0, UINT32_MAX};
  // Parameters that are no variable of the caller, such as x[i], are made where the call stands.
  const auto in = [](Span part, Span whole) {
    return part.file == whole.file && part.begin >= whole.begin && part.end <= whole.end;
  };
  std::optional<VarId> dead;
  for (int own = 1; own >= 0; --own) {
    for (size_t i = program_.variables.size(); i-- > 0;) {
      const Variable& v = program_.variables[i];
      if (v.name != name) continue;
      const Interval life = live_.vars[i];
      const bool here = life.used() && life.last >= body.first && life.first <= body.last;
      const bool inside = def && here && (in(v.span, def->span) || in(v.span, own_call));
      // A def sees its own names and those of the program; a block also what its caller declared.
      if (own ? !inside : (def && v.kind == VarKind::temporary)) continue;
      const auto id = static_cast<VarId>(i);
      if (alive(point, id)) return id;
      if (live_.vars[i].used() && !dead) dead = id;
    }
    if (!own || !def || dead) continue;
    if (const auto outer = argument(node.chain[node.chain.size() - calls], name)) {
      if (!outer->variable)
        return Diagnostic(Code::I0008, "`" + std::string(name) + "` is `" + outer->text + "` in this call");
      auto found = find(point, outer->text, calls - 1);
      if (found || found.error().code != Code::I0008) return found;
      return Diagnostic(Code::I0008,
                        "`" + std::string(name) + "` is the caller's `" + outer->text + "`; " + found.error().message);
    }
  }
  if (!dead) {
    std::vector<std::string_view> known;
    for (const Variable& v : program_.variables)
      if (v.name != name) known.push_back(v.name);
    Diagnostic d(Code::I0002, "nothing here is called `" + std::string(name) + "`");
    if (const auto near = nearest_name(name, known); !near.empty())
      d.help = "did you mean `" + std::string(near) + "`?";
    return d;
  }
  const Interval life = live_.vars[static_cast<size_t>(*dead)];
  const bool later = point.step() <= life.first || (!written_[static_cast<size_t>(*dead)] && point.step() <= life.last);
  return Diagnostic(Code::I0008, "`" + std::string(name) + "` has no value here: " +
                                     (later ? "it is written further on" : "nothing reads it any more"));
}

Result<VarId> DebugScope::variable(const RunPoint& point, std::string_view name) const {
  return find(point, name, program_.nodes[point.node()].chain.size());
}

std::optional<int64_t> DebugScope::size(const RunState& state, const RunPoint& point, std::string_view name) const {
  // Loops that are open, innermost first; then what was given a value last.
  for (uint32_t f = frames_.around(point.step()); f != 0; f = frames_.frame(f).parent) {
    const Frame& frame = frames_.frame(f);
    if (frame.kind == Frame::Kind::loop && program_.symbol(frame.symbol).name == name)
      return state.symbol(frame.symbol);
  }
  std::optional<uint32_t> newest;
  for (const auto& [symbol, when] : size_written_)
    if (program_.symbols[symbol].name == name && program_.symbols[symbol].source != SymbolSource::loop &&
        (!newest || when > size_written_.at(*newest)))
      newest = symbol;
  if (newest) return state.symbol(static_cast<SymbolId>(*newest));
  for (size_t i = 0; i < program_.symbols.size(); ++i)
    if (program_.symbols[i].name == name && program_.symbols[i].source == SymbolSource::input)
      return state.symbol(static_cast<SymbolId>(i));
  for (const SizeFact& fact : program_.sizes)
    if (fact.name == name)
      if (const auto value = program_.dims->value(fact.value)) return value;
  return std::nullopt;
}

std::optional<VarId> DebugScope::shown_by(VarId view) const {
  const auto hit = shows_.find(static_cast<uint32_t>(view));
  if (!program_.var(view).is_view || hit == shows_.end()) return std::nullopt;
  return static_cast<VarId>(hit->second);
}

std::vector<VarId> DebugScope::views_of(const RunPoint& point, VarId var) const {
  std::vector<VarId> list;
  for (const auto& [view, source] : shows_) {
    uint32_t root = source;
    for (auto hit = shows_.find(root); hit != shows_.end(); hit = shows_.find(root)) root = hit->second;
    if (root == static_cast<uint32_t>(var) && alive(point, static_cast<VarId>(view)))
      list.push_back(static_cast<VarId>(view));
  }
  return list;
}

}  // namespace openinfer
