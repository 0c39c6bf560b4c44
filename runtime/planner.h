// The state of making one Plan; see plan.h.
#pragma once

#include <unordered_map>

#include "runtime/liveness.h"
#include "runtime/plan.h"

namespace openinfer {

class Planner {
 public:
  Planner(const Program& program, const InputSizes& inputs)
      : program_(program), inputs_(inputs), dims_(*program.dims) {}
  Result<Plan> run();

 private:
  // planner.cpp: memory
  Dim bind(Dim d);
  Number number(Dim d, std::vector<uint32_t>* values);
  std::optional<int64_t> largest(Dim d);
  void variables();
  void arena();
  void volatiles();
  void emission_bytes(const Operand& o, std::optional<DType> dtype);
  Diagnostic no_size(Dim d, Dim bound);  // R0003
  void fail(Diagnostic d) {
    if (!error_) error_ = std::move(d);
  }

  // plan_steps.cpp: code
  void steps(const std::vector<Step>& list);
  void step(const Step& s);
  // How the members of mixed families among a step's inputs are stored; nullptr for any other input.
  using Stored = std::vector<const ConstantMember*>;
  void command(const Step& s, CommandKind kind);
  void command(const Step& s, CommandKind kind, Stored& stored, size_t next);
  void record(const Step& s, CommandKind kind, const Stored& stored);
  std::vector<const ConstantMember*> ways_of_storing(const Operand& o, const SlotPlan& plan) const;
  std::vector<Guard::Vector> growing_vectors(const Step& s, CommandKind kind) const;
  void loop(const Step& s);
  void select(const Step& s);
  void growth(const Step& s, InstructionKind kind, const Operand& member);
  SlotPlan slot_plan(const Operand& o, std::vector<uint32_t>* values, bool writes);
  SlotPlan literal_plan(const Operand& o, std::vector<uint32_t>* values, std::vector<LiteralWrite>* dynamic);
  OperandInfo operand_info(const Operand& o, const SlotPlan& plan);
  bool is_dynamic(const SlotPlan& plan, const Operand& o) const;
  uint32_t add_operand(const Operand& o, bool writes, const ConstantMember* stored = nullptr);
  void attributes(const Step& s, Command& c);
  std::array<std::byte, 8> pattern(const Variable& v);
  Segment& segment();
  void close_segment();
  Instruction& instruction(InstructionKind kind, const Step& s);
  void checks(const Step& s, std::vector<Check>& out, std::vector<uint32_t>* values);

  const Program& program_;
  const InputSizes& inputs_;
  DimTable& dims_;
  Plan plan_;
  Liveness live_;
  std::optional<Diagnostic> error_;
  std::unordered_map<uint32_t, Dim> bound_;
  std::unordered_map<uint32_t, uint32_t> value_index_;
  std::unordered_map<uint32_t, Dim> largest_;  // of whole dimensions
  uint32_t step_ = 0;                          // the step under way, counted as liveness() does
  bool open_ = false;                          // the last segment takes more commands
  std::vector<uint32_t> written_here_;         // variables that the open segment writes
  struct Jumps {
    std::vector<uint32_t> to_end;
  };
  std::vector<Jumps> loops_, scopes_;
};

}  // namespace openinfer
