#include "runtime/trace/dump.h"

#include <algorithm>
#include <charconv>

#include "runtime/trace/node_values.h"

namespace openinfer {

namespace {

// Whether some step of these nodes leaves a value: a barrier, a branch and a loop themselves do not.
bool writes(const std::vector<Step>& steps, const std::vector<bool>& wanted) {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& s) {
    const bool here = s.node < wanted.size() && wanted[s.node];
    return (here && (!s.out.empty() || s.kind == StepKind::emit)) || writes(s.body, wanted) ||
           writes(s.otherwise, wanted);
  });
}

}  // namespace

Result<std::unique_ptr<Dump>> Dump::create(const Program& program, std::string_view what, const std::string& path) {
  std::unique_ptr<Dump> d(new Dump());
  d->what_ = what;
  const size_t colon = what.find(':');
  const std::string_view block = what.substr(0, colon);
  std::string_view number = colon == std::string_view::npos ? std::string_view() : what.substr(colon + 1);
  if (const size_t second = number.find(':'); second != std::string_view::npos) {
    d->value_ = number.substr(second + 1);
    number = number.substr(0, second);
  }
  uint32_t index = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (number.empty() || code != std::errc() || end != number.data() + number.size())
    return Diagnostic(Code::U0001, "--dump takes BLOCK:NODE=FILE, with the number that a trace gives the node, not `" +
                                       std::string(what) + "`");
  bool known = false, any = false;
  uint32_t last = 0;
  for (const NodeInfo& n : program.nodes) {
    const bool here = n.block == block;
    known |= here;
    if (here) last = std::max(last, n.index);
    d->wanted_.push_back(here && n.index == index);
    any |= d->wanted_.back();
  }
  if (!known) {
    Diagnostic none(Code::U0001, "--dump: no block or def of this run is called `" + std::string(block) + "`");
    std::vector<std::string_view> candidates;
    for (const NodeInfo& n : program.nodes) candidates.push_back(n.block);
    if (const std::string_view near = nearest_name(block, candidates); !near.empty())
      none.help = "did you mean `" + std::string(near) + "`?";
    return none;
  }
  if (!any)
    return Diagnostic(Code::U0001, "--dump: `" + std::string(block) + "` has nodes 0 to " + std::to_string(last) +
                                       " in this run, not " + std::to_string(index));
  if (!writes(program.steps, d->wanted_)) {
    const auto node = std::find(d->wanted_.begin(), d->wanted_.end(), true) - d->wanted_.begin();
    return Diagnostic(Code::U0001, "--dump " + d->what_ + ": the node (" +
                                       program.nodes[static_cast<size_t>(node)].word + ") writes no value");
  }
  OINF_ASSIGN(d->file_, OutputFile::create(d->value_.empty() ? "value" : d->value_, path));
  return d;
}

Status Dump::after(RunState& state, const RunPoint& point) {
  const uint32_t node = point.node();
  if (node >= wanted_.size() || !wanted_[node] || point.step() == 0) return {};
  ran_ = true;
  // Of what a node consists of only what computes its value counts: neither sizes that it reads nor zeros before it.
  if (point.command == kNoCommand) {
    const InstructionKind kind = point.instruction().kind;
    if (kind != InstructionKind::view && kind != InstructionKind::emit && kind != InstructionKind::increment) return {};
  } else {
    const Segment& s = point.segment();
    for (uint32_t c = point.command + 1; c < s.nodes.size(); ++c)
      if (s.nodes[c] == node && s.steps[c] > point.step() && s.commands[point.command].kind != CommandKind::op)
        return {};
  }
  OINF_ASSIGN(const auto values, node_values(state, point));
  if (values.size() > 1 && value_.empty()) {
    std::string names;
    for (const NodeValue& v : values) names += " " + what_ + ":" + v.name;
    return Diagnostic(Code::U0001, "--dump " + what_ + ": the node writes several values:" + names);
  }
  for (const NodeValue& v : values) {
    if (!value_.empty() && v.name != value_) continue;
    OINF_TRY(file_->add(v.value.view()));
    any_ = true;
  }
  return {};
}

Status Dump::finish() {
  if (!ran_) return Diagnostic(Code::I0008, "--dump " + what_ + ": the node did not run");
  if (!any_) return Diagnostic(Code::I0008, "--dump " + what_ + ": the node wrote no such value in this run");
  return file_->commit();
}

}  // namespace openinfer
