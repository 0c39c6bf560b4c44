#include "runtime/trace/plan_events.h"

#include <algorithm>

#include "ops/schema.h"
#include "runtime/adapters/json_string.h"

namespace openinfer {
namespace {

std::string quoted(std::string_view text) { return '"' + json_escaped(text) + '"'; }

std::string_view kind_name(CommandKind kind) {
  switch (kind) {
    case CommandKind::op:
      break;
    case CommandKind::copy:
      return "copy";
    case CommandKind::gather:
      return "gather";
    case CommandKind::scatter:
      return "scatter";
    case CommandKind::fill:
      return "fill";
  }
  return "op";
}

// Nodes that move values and compute none are named as they are written; what moves them is a kernel.
bool moves_values(const std::string& word) {
  return word == "transfer" || word == "cache.read" || word == "cache.write" || word == "emit";
}

// Bytes of the arena that are in use at each step. Variables of one place take it once.
std::vector<uint64_t> arena_in_use(const Plan& plan, uint32_t steps) {
  std::map<std::pair<uint64_t, uint64_t>, std::vector<std::pair<uint32_t, uint32_t>>> places;
  for (const VarPlan& v : plan.vars)
    if (v.kind == VarPlan::Kind::arena && v.bytes > 0 && v.first <= v.last)
      places[{v.offset, v.bytes}].emplace_back(v.first, std::min(v.last, steps));
  std::vector<uint64_t> change(steps + 2);
  for (auto& [place, lives] : places) {
    std::sort(lives.begin(), lives.end());
    uint32_t until = 0;
    bool any = false;
    for (auto [first, last] : lives) {
      if (any && first <= until) first = until + 1;
      if (first > last) continue;
      change[first] += place.second;
      change[last + 1] -= place.second;  // wraps, and wraps back in the sum
      until = last;
      any = true;
    }
  }
  for (size_t i = 1; i < change.size(); ++i) change[i] += change[i - 1];
  return change;
}

class Builder {
 public:
  Builder(const Program& program, const Plan& plan, const FrameTree& frames, const NodeIdentities& identities)
      : program_(program), plan_(plan), frames_(frames), identities_(identities) {
    for (const Segment& s : plan.segments)
      for (uint32_t step : s.steps) steps_ = std::max(steps_, step);
    in_use_ = arena_in_use(plan, steps_);
  }

  PlanEvents run(const std::vector<std::vector<std::string>>& kernels) {
    events_.loop_frames.resize(plan_.loops.size());
    for (size_t i = 0; i < plan_.segments.size(); ++i) submission(plan_.segments[i], kernels[i]);
    for (const Instruction& i : plan_.code) instruction(i);
    return std::move(events_);
  }

 private:
  // Everything up to the operands.
  std::string head(uint32_t node, std::string_view name, std::string_view category) const {
    const NodeInfo& info = program_.nodes[node];
    const NodeIdentity id = identities_.of(info);
    std::string s = ",\"cat\":" + quoted(category) + ",\"name\":" + quoted(name) +
                    ",\"args\":{\"block\":" + quoted(info.block) + ",\"node\":" + std::to_string(info.index) +
                    ",\"uuid\":\"" + id.uuid + "\",\"op\":" + quoted(name) + ",\"loc\":" + quoted(id.loc);
    if (!id.calls.empty()) {
      s += ",\"calls\":[";
      for (size_t i = 0; i < id.calls.size(); ++i) s += (i ? "," : "") + quoted(id.calls[i]);
      s += ']';
    }
    return s;
  }

  bool is_scalar(const SlotPlan& slot) const {
    const auto picked = [](const NumberSelector& s) { return s.at; };
    return plan_.vars[static_cast<size_t>(slot.var)].shape.size() <= slot.selectors.size() &&
           std::all_of(slot.selectors.begin(), slot.selectors.end(), picked);
  }
  const std::string& word_of(uint32_t node) const { return program_.nodes[node].word; }

  void submission(const Segment& s, const std::vector<std::string>& kernels) {
    SubmissionEvents e;
    std::vector<const SlotPlan*> plans(s.operands.size());
    for (const auto* list : {&s.fixed, &s.slots})
      for (const SlotPlan& p : *list) plans[p.slot] = &p;
    std::vector<int> varying(s.operands.size(), -1);
    for (size_t i = 0; i < plans.size(); ++i) {
      if (!plans[i] || !shape_varies(program_, plan_, *plans[i])) continue;
      varying[i] = static_cast<int>(e.varying_words);
      e.varying.push_back({static_cast<uint32_t>(i), s.operands[i].largest.rank()});
      e.varying_words += static_cast<uint32_t>(s.operands[i].largest.rank());
    }
    for (uint32_t c = 0; c < s.commands.size(); ++c) {
      const Command& command = s.commands[c];
      EventText t;
      const std::string& word = word_of(s.nodes[c]);
      const std::string_view name = command.kind == CommandKind::op ? std::string_view(command.op->name)
                                    : moves_values(word)            ? std::string_view(word)
                                                                    : kind_name(command.kind);
      t.head = head(s.nodes[c], name, "node");
      t.frame = frames_.around(s.steps[c]);
      t.kernel = kernels[c];
      t.kind = command.kind;
      t.op = command.op;
      bool varies = false;
      for (const bool result : {false, true})
        for (uint32_t slot : result ? command.out : command.in) {
          const OperandInfo& info = s.operands[slot];
          if (!info.given) continue;
          EventText::Operand o;
          if (plans[slot] && !plans[slot]->literal) o.name = program_.var(plans[slot]->var).name;
          o.known = {info.dtype, info.largest, true};
          o.varying = varying[slot];
          o.result = result;
          if (info.layout == Layout::panel16) o.suffix = " panel16";
          if (result && !o.name.empty()) t.writes.push_back(plans[slot]->var);
          if (!result && !o.name.empty() && moves_values(word)) t.moves = plans[slot]->var, t.word = word;
          varies |= o.varying >= 0;
          t.list.push_back(std::move(o));
        }
      if (!varies) append_operands(t.operands, t, nullptr);
      e.commands.push_back(std::move(t));
      e.arena_peak = std::max(e.arena_peak, in_use_[s.steps[c]]);
      if (!e.groups.empty() && s.nodes[c] == s.nodes[c - 1]) {
        NodeGroup& g = e.groups.back();
        ++g.count;
        // The op is what the node is about; what stands beside it brings operands into place.
        if (command.kind == CommandKind::op) g.main = c;
      } else {
        e.groups.push_back({c, 1, c});
      }
      e.group_of.push_back(static_cast<uint32_t>(e.groups.size() - 1));
    }
    events_.submissions.push_back(std::move(e));
  }

  void instruction(const Instruction& i) {
    using Kind = InstructionEvents::Kind;
    InstructionEvents e;
    const auto host = [&](std::string_view name, std::string_view category) {
      EventText t;
      t.head = head(i.node, name, category);
      t.frame = frames_.around(i.step);
      // A reset gives up the shape that its operand had.
      if (!i.slots.empty() && !i.slots[0].literal && i.kind != InstructionKind::forget) {
        const SlotPlan& p = i.slots[0];
        const Variable& v = program_.var(p.var);
        EventText::Operand o;
        o.name = v.name;
        o.known.dtype = v.dtype.value_or(DType::f32);
        e.shape = !is_scalar(p);  // what is read as a size or a condition is one, and need not be asked for
        o.varying = e.shape ? 0 : -1;
        t.list.push_back(std::move(o));
        if (moves_values(word_of(i.node))) t.moves = p.var, t.word = word_of(i.node);
        if (i.kind == InstructionKind::increment) t.writes.push_back(p.var);
        if (i.kind == InstructionKind::view) {
          t.writes.push_back(i.var);
          EventText::Operand shown = t.list[0];
          shown.name = program_.var(i.var).name;
          shown.result = true;
          t.list.push_back(std::move(shown));
        }
      }
      if (!e.shape) append_operands(t.operands, t, nullptr);
      e.kind = Kind::host;
      e.index = static_cast<uint32_t>(events_.hosts.size());
      events_.hosts.push_back(std::move(t));
    };
    switch (i.kind) {
      case InstructionKind::submit:
        e.kind = Kind::submit;
        e.index = i.a;
        break;
      case InstructionKind::loop_begin:
        events_.loop_frames[i.a] = frames_.around(i.step);
        e.kind = Kind::loop_begin;
        e.index = i.a;
        break;
      case InstructionKind::loop_next:
        e.kind = Kind::loop_next;
        e.index = i.a;
        break;
      case InstructionKind::load:
        host("load", "host");
        break;
      case InstructionKind::jump_if:
      case InstructionKind::jump_if_not:
        host(word_of(i.node), "host");
        break;
      case InstructionKind::view:
        host("view", "node");
        break;
      case InstructionKind::increment:
      case InstructionKind::forget:
        host(word_of(i.node), "node");
        break;
      case InstructionKind::emit:
        host("emit", "node");
        break;
      case InstructionKind::extent:
      case InstructionKind::growth:
      case InstructionKind::grow:
      case InstructionKind::define:
      case InstructionKind::length:
      case InstructionKind::jump:
      case InstructionKind::empty:
      case InstructionKind::check:
      case InstructionKind::member:
        break;
    }
    events_.code.push_back(e);
  }

  const Program& program_;
  const Plan& plan_;
  const FrameTree& frames_;
  const NodeIdentities& identities_;
  uint32_t steps_ = 0;
  std::vector<uint64_t> in_use_;
  PlanEvents events_;
};

}  // namespace

bool shape_varies(const Program& program, const Plan& plan, const SlotPlan& slot) {
  if (slot.literal) return false;
  const VarPlan& v = plan.vars[static_cast<size_t>(slot.var)];
  const Variable& variable = program.var(slot.var);
  const auto rank = std::max(v.shape.size(), slot.selectors.size());
  for (size_t i = 0; i < rank; ++i) {
    if (i < slot.selectors.size()) {
      const NumberSelector& s = slot.selectors[i];
      if (s.at) continue;
      if (!s.to_end) {
        if (!s.lo.is_constant() || !s.hi.is_constant()) return true;
        continue;
      }
    }
    if (i < v.shape.size() && !v.shape[i].is_constant()) return true;
    if (v.kind == VarPlan::Kind::persistent && i < variable.table.size() && !variable.table[i].bound) return true;
  }
  return false;
}

void append_operands(std::string& text, const EventText& event, const uint64_t* numbers) {
  std::vector<OperandShape> shapes[2];
  for (const bool result : {false, true}) {
    text += result ? ",\"out\":[" : ",\"in\":[";
    bool first = true;
    for (const EventText::Operand& o : event.list) {
      if (o.result != result) continue;
      OperandShape shape = o.known;
      if (o.varying >= 0 && numbers)
        for (int a = 0; a < shape.shape.rank(); ++a)
          shape.shape[a] = static_cast<int64_t>(numbers[static_cast<size_t>(o.varying + a)]);
      text += first ? "\"" : ",\"";
      first = false;
      text += json_escaped(o.name);
      if (!o.name.empty()) text += ' ';
      text += name(shape.dtype);
      for (int a = 0; a < shape.shape.rank(); ++a) {
        text += a ? ',' : '[';
        text += std::to_string(shape.shape[a]);
      }
      if (shape.shape.rank() > 0) text += ']';
      text += o.suffix;
      text += '"';
      shapes[result].push_back(shape);
    }
    text += ']';
  }
  if (event.kernel.empty()) return;
  text += ",\"kernel\":\"" + json_escaped(event.kernel) + '"';
  const Cost cost = cost_of(event.kind, event.op, shapes[0], shapes[1]);
  text += ",\"bytes\":" + std::to_string(cost.bytes) + ",\"flops\":" + std::to_string(cost.flops);
}

PlanEvents make_plan_events(const Program& program, const Plan& plan, const FrameTree& frames,
                            const NodeIdentities& identities, const std::vector<std::vector<std::string>>& kernels) {
  return Builder(program, plan, frames, identities).run(kernels);
}

}  // namespace openinfer
