// The executable form of a graph for one entry block: names resolved, defs and called blocks expanded in place, types
// and shapes checked. It is a tree of Steps over Variables; sizes are Dims of the program's DimTable.
//
// Order: steps run in the order in which they stand. Scope: a variable lives from its first to its last use; one that
// is declared outside a loop keeps its value from one iteration to the next. Effects: `out` operands are the only
// memory that a step writes; `load` and `define` give a symbol its value, which it keeps until the same step runs
// again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/dim.h"
#include "ir/dtype.h"
#include "ir/graph.h"
#include "ir/shape.h"
#include "ir/source.h"

namespace openinfer {

struct OpSchema;

enum class VarId : uint32_t {};

// Where a size symbol's value comes from, as --explain shows it.
enum class SymbolSource : uint8_t {
  package,     // no package at hand: what it will give
  constant,    // likewise: the shape of a stored tensor
  input,       // the shape of an input, bound for each step
  result,      // the length of a result, known when its op has run
  sizes,       // a `sizes` node that reads run-time values
  scalar,      // an integer scalar, read when the step `load` runs
  loop,        // a loop's index
  extent,      // how far a table without @fixed is filled, or an @auto_dim axis has grown
  placeholder  // a name that waits for its first result; none is left in a finished program
};

struct Symbol {
  std::string name;
  SymbolSource source = SymbolSource::package;
  Span span;
  std::optional<Dim> definition;  // sizes: the expression; equal sizes are found through it
  std::optional<Dim> bound;       // largest value, where one is known
  std::optional<int64_t> least;   // smallest value, where one is known
};

// A size with a value, for --explain.
struct SizeFact {
  std::string name;
  Dim value;
  std::string source;  // "package", "caller", "sizes", "shape of `wte`", "input `tokens`"
  Span span;
};

struct LiteralValue {
  enum class Kind : uint8_t { integer, large, real, boolean } kind = Kind::integer;
  Dim integer;
  uint64_t large = 0;  // integers of 2^63 and more: only u64 and floats hold them
  double real = 0;
  bool boolean = false;
};

// An argument of @text, @image, … as the graph gives it.
struct AdapterArg {
  std::string name;
  std::vector<LiteralValue> numbers;  // one, or a list
  std::string text;
  bool is_text = false;
  bool is_list = false;
};
struct Adapter {
  std::string kind;  // text, image, audio, labels; empty: none
  std::vector<AdapterArg> args;
  Span span;
};

// One stored tensor, or values that the compiler has at hand (metadata, @default).
struct ConstantMember {
  std::string tensor;  // name in the package; empty: inline
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  bool as_rows = false;          // stored in panels, laid out as rows when it is opened
  Shape stored;                  // as the package has it
  std::vector<std::byte> bytes;  // inline values, dense
};

struct FamilyAxis {
  bool declared = false;  // an index of the declaration; else a loop's index that stands in the name
  SymbolId loop{};        // of the loop, when not declared
  int64_t first = 0;      // smallest index
  int64_t count = 0;      // number of members along this axis
};

struct TableIndex {
  std::string name;
  std::optional<Dim> bound;  // @fixed
  std::string size;          // the size that the bound is, where it is nothing but one
};

// @auto_dim: an axis that is as long as declared, plus the largest value that its index had so far.
struct GrowingAxis {
  TableIndex index;    // `bound`: the largest value that the index may have
  uint32_t place = 0;  // among the declaration's indices
};

enum class VarKind : uint8_t { dynamic, volatile_, constant, persistent, temporary };

struct Variable {
  std::string name;
  VarKind kind = VarKind::temporary;
  Span span;
  std::optional<DType> dtype;  // empty: `auto` without a package
  std::vector<Dim> shape;      // of one member or cell
  // constant: members by mixed radix over `family` (first axis slowest); one member without axes.
  std::vector<FamilyAxis> family;
  std::vector<uint32_t> members;  // into Program::constants; empty without a package
  bool mixed = false;             // members differ in element type or layout
  // persistent @table: storage is [bounds…, shape…]
  std::vector<TableIndex> table;
  std::vector<GrowingAxis> growing;  // persistent @auto_dim: the leading axes of shape; `table` has the other indices
  // dynamic: @default; volatile, persistent: @init or @ref
  std::optional<LiteralValue> initial;
  std::optional<std::string> default_text;  // @default("…") of an adapter
  bool default_empty = false;               // @default([])
  // volatile, persistent: into Program::constants. @ref: one, as which all cells begin; @pattern: one for each cell, by
  // mixed radix over the indices (first one slowest).
  std::vector<uint32_t> initial_constants;
  Adapter adapter;
  int device = -1;  // -1: follows from the rest
  // What expansion found out.
  uint32_t home = UINT32_MAX;  // symbol of the innermost loop it is declared in: each iteration has a new one
  bool zero_first = false;     // cells may be read before all are written: filled with zero where declared
  bool is_view = false;        // set by a view step; has no memory of its own
  bool written = false;

  // Indices of a family's declaration.
  [[nodiscard]] size_t declared_axes() const {
    return static_cast<size_t>(
        std::count_if(family.begin(), family.end(), [](const FamilyAxis& a) { return a.declared; }));
  }
};

struct Selector {
  enum class Kind : uint8_t { at, range } kind = Kind::range;
  Dim lo;              // at: the index
  Dim hi;              // range: one past the last
  bool whole = false;  // range over everything
};

struct Operand {
  enum class Kind : uint8_t { none, variable, literal } kind = Kind::none;
  VarId var{};
  std::vector<Selector> selectors;   // declared family or table indices first, then axes; the rest is whole
  std::vector<LiteralValue> values;  // literal
  bool vector = false;               // literal: a list
  std::optional<DType> dtype;
  std::vector<Dim> shape;  // of the selected part
  Span span;
};

struct StepAttr {
  enum class Kind : uint8_t { none, number, integer, large, list, variable } kind = Kind::none;
  double number = 0;
  Dim integer;  // also bool, element type, choice
  uint64_t large = 0;
  std::vector<Dim> list;
  VarId variable{};  // a scalar that is read when the step runs
};

// Two sizes that must be equal when the step runs.
struct SizeCheck {
  Dim a, b;
  std::string what;
  Span span;
};

enum class StepKind : uint8_t {
  op,          // in -> out by `op`
  copy,        // in[0] -> out[0], broadcast; converts only where `convert` is set (cache.write)
  gather,      // in[0] at the index vectors in[1…] -> out[0]
  scatter,     // in[0] -> out[0] at the index vectors in[1…]
  view,        // out[0], a variable without memory, becomes in[0]
  fill,        // out[0] is filled with zero or its initial value
  increment,   // out[0], an integer scalar, grows by `value`
  reset,       // out[0] gets its initial value
  load,        // symbol = in[0], an integer scalar
  grow,        // symbol = by how much axis `value` of the member in[0] has grown; at least `other` where `has_other`
  define,      // symbol = value
  loop,        // body for symbol in value … other
  select,      // body if in[0], else otherwise
  leave_loop,  // when in[0]
  leave_scope,
  scope,  // body; leave_scope goes to its end
  emit,   // in[0]
  barrier
};

struct Step {
  StepKind kind = StepKind::op;
  uint32_t node = 0;  // into Program::nodes
  const OpSchema* op = nullptr;
  std::vector<Operand> in, out;
  std::vector<StepAttr> attributes;
  std::vector<SizeCheck> checks;
  SymbolId symbol{};
  Dim value, other;
  bool convert = false;
  bool has_other = false;        // grow
  std::vector<int> gather_axes;  // gather, scatter: axes of the indexed operand that the vectors in[1…] stand for
  std::string label;             // loop, scope (block), emit (name)
  Adapter adapter;               // emit
  std::vector<Step> body, otherwise;
};

// Where a step comes from: what traces and errors show.
struct NodeInfo {
  std::string block;
  uint32_t index = 0;  // of the node in its block or def
  std::string word;    // op name or node word
  Span span;
  std::vector<Span> chain;  // call sites of the defs around it, innermost first
};

struct Program {
  std::string name;
  std::string entry;
  std::shared_ptr<DimTable> dims;
  std::vector<Symbol> symbols;
  std::vector<SizeFact> sizes;
  std::vector<std::pair<Dim, Dim>> bounds;  // largest values of run-time dimensions, ordered by handle
  std::vector<Variable> variables;
  std::vector<ConstantMember> constants;
  std::vector<NodeInfo> nodes;
  std::vector<Step> steps;
  std::map<std::string, VarId> inputs;   // dynamic variables that the entry reads, by name
  std::map<std::string, VarId> outputs;  // dynamic and volatile variables that may be fetched, by name

  // Whether these constants differ in element type or layout.
  [[nodiscard]] bool stored_differently(const std::vector<uint32_t>& members) const {
    return std::any_of(members.begin(), members.end(), [&](uint32_t m) {
      const ConstantMember &c = constants[m], &first = constants[members.front()];
      return c.dtype != first.dtype || c.layout != first.layout;
    });
  }

  [[nodiscard]] const Variable& var(VarId id) const { return variables[static_cast<size_t>(id)]; }
  [[nodiscard]] Variable& var(VarId id) { return variables[static_cast<size_t>(id)]; }
  [[nodiscard]] const Symbol& symbol(SymbolId id) const { return symbols[static_cast<size_t>(id)]; }
};

}  // namespace openinfer
