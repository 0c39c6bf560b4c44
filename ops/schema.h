// The list of ops, from ops.json: what a node may be given, what it gives, and the rules that types and shapes follow.
// Parser, lowering, reference pages, kernels and tests all read it from here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/dim.h"
#include "ir/dtype.h"

namespace openinfer {

// A set of element types.
using DTypeSet = uint64_t;
[[nodiscard]] constexpr DTypeSet dtype_bit(DType t) { return DTypeSet{1} << static_cast<unsigned>(t); }

enum class AttrType : uint8_t {
  integer,  // i64
  number,   // f64: an int literal is fine
  boolean,
  choice,    // one of AttrSpec::choices, as a string
  dtype,     // to=f16
  integers,  // a list of integers, or one integer for all
  value,     // a number or bool of the output's type (fill's value, clamp's bounds)
};

// An attribute of a node as the checker sees it. Integers are symbolic: a size expression without a package has no
// number yet. `runtime` is a scalar variable, read when the node runs; only attributes that are not static have it.
struct RuntimeAttr {};
using AttrValue = std::variant<std::monostate,  // not given and no default
                               RuntimeAttr, bool, Dim, double, std::string, DType, std::vector<Dim>,
                               uint64_t>;  // a number of 2^63 or more

struct AttrSpec {
  std::string name;
  AttrType type = AttrType::number;
  bool is_static = false;  // decides shapes or types: must be known before the run
  bool required = false;
  AttrValue default_value;  // integer defaults: a Dim holds no number, see default_integer
  std::optional<int64_t> default_integer;
  std::optional<double> min, max;  // inclusive
  bool min_exclusive = false;
  std::vector<std::string> choices;
  std::string summary;
};

struct InputSpec {
  std::string name;
  DTypeSet types = 0;
  bool optional = false;  // optional inputs are the last ones
  bool variadic = false;  // the last one: one or more
  bool in_place = false;  // the first output may be this variable
  // The language allows the first output to be this variable, but kernels do not: lowering copies the input first.
  bool in_place_copy = false;
};

struct OutputSpec {
  std::string name;
  DTypeSet types = 0;
  bool optional = false;
  bool variadic = false;  // the only one: one or more, as the shape rule says
};

struct OpSchema {
  std::string name;
  std::string group;
  std::string summary;
  std::string formula;
  std::string expression;  // element-wise ops: the scalar expression, else empty
  std::string shape_rule;  // name of the rule in ops/rules/
  std::string type_rule;
  bool broadcast = false;
  bool in_place = false;       // the first output may be the first input (any input marked so)
  bool runtime_shape = false;  // the size of the result is known only when it has run (nonzero, nms)
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  std::vector<AttrSpec> attributes;
  std::vector<std::string> errors;  // what can only fail when the node runs: "R0001: an id outside 0 … V−1"
  std::string example;              // a .graph node or program that the reference page shows and a test runs

  [[nodiscard]] int attribute_index(std::string_view attribute) const;  // -1: none
};

// All ops, sorted by name. Built once at first use; throws nothing: ops.json is part of the program and is checked by
// its own test.
[[nodiscard]] std::span<const OpSchema> all_ops();
[[nodiscard]] const OpSchema* find_op(std::string_view name);

// ---- checking one node ---------------------------------------------------------------------------------------------

// What is known of an operand. Empty: not known yet (an `auto` constant without a package).
struct OperandType {
  std::optional<DType> dtype;
  std::optional<std::vector<Dim>> shape;
  bool literal = false;  // a number written in the node: it takes the type the op needs
};

enum class OperandKind : uint8_t { node, input, output, attribute };

struct OpIssue {
  Code code;
  std::string message;
  OperandKind kind = OperandKind::node;
  int index = 0;  // of the input, output or attribute
};

// Two sizes that the op needs to be equal and that are neither provably equal nor provably different.
struct OpenEquality {
  Dim a, b;
  std::string what;  // "last axis of x and weight"
};

// In: everything above the line. Out: results (one per declared output: the type and shape the op gives, computed as
// far as known; where the declaration decides the shape - fill, arange, reshape - the declared one), issues and what
// stays open. A provable difference between two sizes is an issue (E0201), an undecided one goes to `open`.
struct OpSite {
  DimTable& dims;
  const OpSchema& op;
  std::vector<OperandType> inputs;                   // given ones, in order
  std::vector<OperandType> declared;                 // outputs as the graph declares them; shape empty: not declared
  std::vector<AttrValue> attributes;                 // one per op.attributes; defaults filled in by fill_defaults
  std::function<std::string(SymbolId)> symbol_name;  // for messages
  // ----
  std::vector<OperandType> results;
  std::vector<OpIssue> issues;
  std::vector<OpenEquality> open;
  // Ops whose result has a run-time length (op.runtime_shape): upper bounds of those sizes, one per result axis that
  // is new; e.g. nonzero gives the number of cells. Indexed as results[i].shape; empty Dim vectors where not needed.
  std::vector<std::vector<Dim>> bounds;
};

// Puts defaults into empty attributes that have one. Called before check_op.
void fill_defaults(OpSite& site);

// Counts of inputs and outputs, element types, attribute values and ranges (what is known), shapes. Declared shapes are
// compared with results here. A literal input's dtype is set to the type that it takes.
void check_op(OpSite& site);

}  // namespace openinfer
