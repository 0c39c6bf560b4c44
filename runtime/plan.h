// A Program made ready for one binding of its input sizes: every buffer has its place in the arena, every operand a
// slot, and the steps are a flat list of instructions between which straight runs of commands are submitted to the
// device.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/program.h"
#include "ir/result.h"
#include "runtime/device.h"

namespace openinfer {

// A number that is known, or an entry of the frame's values.
struct Number {
  int64_t constant = 0;
  uint32_t value = UINT32_MAX;  // UINT32_MAX: constant
  [[nodiscard]] bool is_constant() const { return value == UINT32_MAX; }
};

struct NumberSelector {
  bool at = false;
  bool to_end = false;  // range up to the extent
  Number lo, hi;
};

// How a slot's view is made: from a variable's by selectors, or a place in the literal buffer.
struct SlotPlan {
  uint32_t slot = 0;
  VarId var{};
  std::vector<Number> member;  // of a family: one index per axis
  std::vector<NumberSelector> selectors;
  bool extends = false;  // writing past a growing table's end makes it longer
  bool literal = false;
  uint64_t offset = 0;  // literal
  int64_t count = -1;   // literal: elements of a list; -1: a scalar
  Span span;
};

enum class InstructionKind : uint8_t {
  submit,       // segment `a`
  load,         // symbol `a` = scalar at slot `b` of type `dtype`
  extent,       // symbol `a` = extent of table index `b` of `var`
  define,       // symbol `a` = number
  length,       // symbol `a` = length that command `b` of the last segment found
  view,         // `var` becomes slot 0's view; with `reshape` dense in its own shape
  loop_begin,   // loop `a`; past its end go to `b`
  loop_next,    // loop `a`; go to `b`
  jump,         // to `b`
  jump_if_not,  // unless the bool at slot `a`, to `b`
  jump_if,
  increment,  // the integer at slot `a` grows by number
  growth,     // symbol `a` = by how much axis `b` of the member at slot 0 is longer than declared
  grow,       // the same, after it has grown by number at least
  forget,     // the members at slot 0 are as declared
  empty,      // the growing indices of `var` reach nothing
  emit,       // emission `a`
  check,      // sizes
  member,     // unless the member at slot 0 is stored as `dtype` and `layout`, to `b`
};

struct Check {
  Number a, b;
  Dim dim_a, dim_b;
  std::string what;
};

struct Instruction {
  InstructionKind kind = InstructionKind::submit;
  uint32_t a = 0, b = 0;
  uint32_t node = 0;
  uint32_t step = 0;  // as liveness() counts them; 0: before the program's first
  VarId var{};
  DType dtype = DType::i32;
  Layout layout = Layout::rowmajor;
  bool reshape = false;
  Number number;
  std::vector<SlotPlan> slots;   // evaluated before the instruction runs
  std::vector<uint32_t> values;  // values that are computed first
  std::vector<Check> checks;
};

struct LoopPlan {
  SymbolId symbol{};
  Number lo, hi;
  std::string label;
};

struct AttributeRead {
  uint32_t attribute = 0;  // of the segment
  VarId var{};
  DType dtype = DType::f32;
};
struct AttributeNumber {
  uint32_t attribute = 0;
  int32_t element = -1;  // of a list; -1: a number
  Number number;
};
// An attribute that the run gives and that ops.json gives a range, or that stands for elements of an unsigned result.
struct AttributeRange {
  uint32_t attribute = 0, command = 0;  // of the segment
  uint32_t spec = 0;                    // of the op's
  std::optional<DType> element = {};    // of such a result
};
struct LiteralWrite {
  uint32_t offset = 0;  // in the literal buffer
  DType dtype = DType::f32;
  Number number;
  Span span;
  uint32_t slot = 0;  // of the segment, whose command it belongs to; an emitted size, which always fits, has none
};
// A slot that persistent memory is written through: what it covers is kept until the step ends.
struct Guard {
  // A growing index that a vector stands for: the table reaches past its largest element.
  struct Vector {
    uint32_t index = 0, slot = 0;
  };
  uint32_t slot = 0;
  VarId var{};
  std::vector<Vector> vectors;
};

struct Segment {
  std::vector<Command> commands;
  std::vector<OperandInfo> operands;
  std::vector<DeviceView> views;            // current, one per operand
  std::vector<KernelAttr> attributes;       // current
  std::vector<std::vector<int64_t>> lists;  // what the attributes' lists point into
  std::vector<SlotPlan> fixed;              // slots that stay as they are
  std::vector<SlotPlan> slots;              // dynamic ones, evaluated at each submission
  std::vector<uint32_t> values;             // computed first
  std::vector<AttributeRead> reads;
  std::vector<AttributeNumber> numbers;
  std::vector<AttributeRange> ranges;  // of `reads` and `numbers`
  std::vector<LiteralWrite> literals;
  std::vector<Guard> guards;
  std::vector<Check> checks;
  std::vector<uint32_t> nodes;  // of each command
  std::vector<uint32_t> steps;  // likewise; see Instruction::step
  std::optional<RecordingId> recording;
  bool placed = false;  // fixed slots have their views
};

struct EmissionPlan {
  std::string name;
  const Adapter* adapter = nullptr;
  DType dtype = DType::f32;
};

// Where a variable's memory is.
struct VarPlan {
  enum class Kind : uint8_t { none, arena, persistent, constant, view, literal } kind = Kind::none;
  uint64_t offset = 0;  // in the arena
  uint64_t bytes = 0;   // largest
  std::vector<Number> shape;
  bool dynamic = false;  // its shape or place changes during a run
  bool contiguous = true;
  bool bounded = false;  // its bound is more than there is: what it really takes is checked when the run knows
  Layout layout = Layout::rowmajor;
  uint32_t first = UINT32_MAX, last = 0;  // steps between which it is alive
};

struct MemoryNeed {
  uint64_t arena = 0;
  uint64_t persistent = 0;  // tables with a bound, at their bound
  uint64_t growing = 0;     // tables without one, as large as they are now
  uint64_t undo = 0;        // copies of what a failed step must leave as it was
  uint64_t scratch = 0;     // of kernels
  uint64_t literals = 0;
  uint64_t inputs = 0;  // the caller's values, which the session keeps in host memory
  uint64_t emissions =
      0;                 // what is emitted lies in host memory while the caller looks at it: the largest, at its bound
  uint64_t weights = 0;  // mapped
  [[nodiscard]] uint64_t device() const { return arena + persistent + growing + undo + scratch + literals; }
  [[nodiscard]] uint64_t total() const { return device() + inputs + emissions + weights; }
};

struct Plan {
  std::vector<Instruction> code;
  std::vector<Segment> segments;
  std::vector<LoopPlan> loops;
  std::vector<EmissionPlan> emissions;
  std::vector<VarPlan> vars;  // by VarId
  std::vector<Dim> values;    // expressions that the frame holds numbers of
  uint64_t literal_bytes = 0;
  std::vector<std::pair<uint32_t, std::vector<std::byte>>> literal_constants;  // offset, bytes
  MemoryNeed need;
  uint64_t surely_emitted = 0;  // the largest emission whose size the inputs give
};

// The values of the input sizes of one step, by symbol.
using InputSizes = std::map<uint32_t, int64_t>;

// views.cpp: reads into variables that nobody writes afterwards become views. Once per program, before plans are made.
void make_views(Program& program);

// planner.cpp. Errors: sizes that do not work out for these inputs (R0003, R0004), memory without a bound (E0216).
[[nodiscard]] Result<Plan> make_plan(const Program& program, const InputSizes& inputs);

}  // namespace openinfer
