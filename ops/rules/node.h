// One node as the rules see it: what is known of its operands, and where findings go.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/schema.h"

namespace openinfer::rules {

using Dims = std::vector<Dim>;

// Where a finding is shown.
struct Where {
  OperandKind kind = OperandKind::node;
  int index = 0;
};
[[nodiscard]] constexpr Where input(size_t i) { return {OperandKind::input, static_cast<int>(i)}; }
[[nodiscard]] constexpr Where output(size_t i) { return {OperandKind::output, static_cast<int>(i)}; }

class Node {
 public:
  explicit Node(OpSite& site) : site_(site) {}

  OpSite& site() { return site_; }
  DimTable& dims() { return site_.dims; }
  Dim constant(int64_t v) { return site_.dims.constant(v); }

  [[nodiscard]] size_t inputs() const { return site_.inputs.size(); }
  [[nodiscard]] bool given(size_t i) const { return i < site_.inputs.size(); }
  // nullptr: not given, or not known yet.
  [[nodiscard]] const Dims* shape(size_t i) const;
  [[nodiscard]] const Dims* declared(size_t i) const;
  // The shape when it is known and has at least `least` axes (exactly, with `exact`); a wrong rank is an issue.
  const Dims* ranked(size_t i, size_t least, bool exact = false);

  // Attributes; nothing when they are absent or only known when the node runs.
  [[nodiscard]] std::optional<Dim> integer(std::string_view name) const;
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const;  // when it is a constant
  [[nodiscard]] std::optional<Dims> integers(std::string_view name);
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] Where attribute(std::string_view name) const;
  // The attribute as an axis of a tensor of `rank` axes; outside is an issue.
  std::optional<size_t> axis(std::string_view name, size_t rank);
  std::optional<size_t> axis(Dim value, size_t rank, Where where);

  void issue(Code code, Where where, std::string message);
  // An issue when the two differ whatever the symbols are; stays open when that is not decided. `what` names both,
  // e.g. "last axis of x and weight".
  bool same(Dim a, Dim b, Where where, std::string_view what);
  // All of two shapes; different ranks differ.
  void same_shape(const Dims& a, const Dims& b, Where where, std::string_view what);
  // a is a multiple of b, as far as known.
  void multiple(Dim a, Dim b, Where where, std::string_view what);
  // A shape under NumPy's rule of `a` and `b`; nothing after an issue.
  std::optional<Dims> broadcast(const Dims& a, const Dims& b, Where where);
  // An issue when a computed size is negative.
  void not_negative(Dim size, Where where, std::string_view what);

  void result(size_t output, Dims shape);

  [[nodiscard]] std::string print(Dim d) const;
  [[nodiscard]] std::string print(const Dims& shape) const;
  // "x is [T, 576], weight is [2048, 640]"
  [[nodiscard]] std::string operands() const;

 private:
  [[nodiscard]] const AttrValue* value(std::string_view name) const;
  OpSite& site_;
};

// The shape rule that ops.json names.
using ShapeRule = void (*)(Node&);
[[nodiscard]] ShapeRule find_shape_rule(std::string_view name);
// Element types by the type rule that ops.json names; false when there is no such rule.
bool apply_type_rule(Node& node, std::string_view name);
[[nodiscard]] bool has_type_rule(std::string_view name);

// Given attributes against their types, ranges and choices; missing ones.
void check_attributes(Node& node);

}  // namespace openinfer::rules
