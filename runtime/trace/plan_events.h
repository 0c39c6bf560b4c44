// What the events of a plan have in common in every execution, made once a plan: so that writing an event copies text
// and adds times, loop indices and the sizes that vary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/observer.h"
#include "runtime/trace/cost.h"
#include "runtime/trace/frames.h"
#include "runtime/trace/node_identity.h"

namespace openinfer {

// Where the numbers of a varying shape stand among a record's.
struct VaryingSlot {
  uint32_t slot = 0;
  int rank = 0;
};

struct EventText {
  std::string head;      // from "cat" into the args
  std::string operands;  // "in", "out", "kernel", "bytes", "flops", when no size varies
  uint32_t frame = 0;
  std::string kernel;
  // When sizes vary: what `operands` is made of. varying: the first of its numbers in the record, -1: shape is known.
  struct Operand {
    std::string name;
    OperandShape known;
    int varying = -1;
    bool result = false;
    std::string suffix;  // of the type: " panel16"
  };
  std::vector<Operand> list;
  CommandKind kind = CommandKind::copy;
  const OpSchema* op = nullptr;
  // Where arrows come from and go to: what it writes, and what a node that only moves values takes. A view writes what
  // it shows.
  std::vector<VarId> writes;
  std::optional<VarId> moves;
  std::string word;  // of a node that moves values
};

// One node of a segment: commands that follow each other.
struct NodeGroup {
  uint32_t first = 0, count = 1, main = 0;  // commands; the one that the event describes
};

struct SubmissionEvents {
  std::vector<EventText> commands;
  std::vector<NodeGroup> groups;
  std::vector<uint32_t> group_of;  // by command
  std::vector<VaryingSlot> varying;
  uint32_t varying_words = 0;
  uint64_t arena_peak = 0;  // bytes of the arena that are in use while it runs, at most
};

struct InstructionEvents {
  enum class Kind : uint8_t { hidden, submit, host, loop_begin, loop_next } kind = Kind::hidden;
  uint32_t index = 0;  // into submissions, hosts; the loop
  bool shape = false;  // host: the shape of slot 0 varies and is noted
};

struct PlanEvents {
  std::vector<InstructionEvents> code;  // by pc
  std::vector<SubmissionEvents> submissions;
  std::vector<EventText> hosts;
  std::vector<uint32_t> loop_frames;  // by loop
};

// The plan lives while this is made only. `kernels`: by segment and command.
[[nodiscard]] PlanEvents make_plan_events(const Program& program, const Plan& plan, const FrameTree& frames,
                                          const NodeIdentities& identities,
                                          const std::vector<std::vector<std::string>>& kernels);

// "in":[…],"out":[…],"kernel":…,"bytes":…,"flops":… with the record's numbers.
void append_operands(std::string& text, const EventText& event, const uint64_t* numbers);

// "slot"'s part of a segment's record; of a host instruction `slot` 0.
[[nodiscard]] bool shape_varies(const Program& program, const Plan& plan, const SlotPlan& slot);

}  // namespace openinfer
