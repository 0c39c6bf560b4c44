#include "runtime/trace/node_values.h"

#include <algorithm>

namespace openinfer {
namespace {

const SlotPlan* plan_of(const Segment& s, uint32_t slot) {
  for (const auto* list : {&s.slots, &s.fixed})
    for (const SlotPlan& p : *list)
      if (p.slot == slot) return &p;
  return nullptr;
}

}  // namespace

Result<std::vector<NodeValue>> node_values(RunState& state, const RunPoint& point) {
  std::vector<NodeValue> list;
  const Program& program = state.program();
  if (point.command != kNoCommand) {
    const Segment& s = point.segment();
    for (uint32_t slot : s.commands[point.command].out) {
      const OperandInfo& info = s.operands[slot];
      const SlotPlan* plan = plan_of(s, slot);
      if (!info.given || !plan || plan->literal || info.layout != Layout::rowmajor) continue;
      OINF_ASSIGN(DeviceView view, state.place(point, slot));
      if (const auto length = state.result_length(point); length && view.shape.rank() > 0)
        view.shape[0] = std::min(view.shape[0], *length);
      OINF_ASSIGN(HostTensor value, state.read(view, info.dtype));
      list.push_back({program.var(plan->var).name, std::move(value)});
    }
    return list;
  }
  const Instruction& i = point.instruction();
  if (i.slots.empty() || i.slots[0].literal) return list;
  const Variable& v = program.var(i.slots[0].var);
  const bool rows = point.plan.vars[static_cast<size_t>(i.slots[0].var)].layout == Layout::rowmajor;
  if (!v.dtype || v.mixed || !rows) return list;
  OINF_ASSIGN(const DeviceView view, state.place(point, 0));
  OINF_ASSIGN(HostTensor value, state.read(view, *v.dtype));
  const bool shown = i.kind == InstructionKind::view;
  list.push_back({shown ? program.var(i.var).name : v.name, std::move(value)});
  return list;
}

}  // namespace openinfer
