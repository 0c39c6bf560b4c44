// `loop`, and cycler() and joiner(): objects with a state.
#pragma once

#include <optional>

#include "oinf/text/jinja/syntax.h"
#include "oinf/text/jinja/value.h"

namespace openinfer::jinja {

struct Loop final : Object {
  Loop(List members, int depth) : items(std::move(members)), level(depth) {}
  [[nodiscard]] std::string_view type_name() const override { return "LoopContext"; }
  [[nodiscard]] Value attribute(std::string_view name) const override;

  List items;
  size_t index = 0;
  int level = 0;                         // of recursive loops
  const Statement* statement = nullptr;  // of a recursive loop
  mutable std::optional<List> last;      // what changed() saw
};

// cycler(a, b, …) with next(), current and reset(); joiner(sep) is a call that gives nothing the first time.
struct Cycle final : Object {
  Cycle(List members, bool joins) : items(std::move(members)), joiner(joins) {}
  [[nodiscard]] std::string_view type_name() const override { return joiner ? "Joiner" : "Cycler"; }
  [[nodiscard]] bool callable() const override { return joiner; }
  [[nodiscard]] Value attribute(std::string_view name) const override;
  Result<Value> call(const Arguments& arguments);

  List items;
  bool joiner;
  bool used = false;
  size_t at = 0;
};

}  // namespace openinfer::jinja
