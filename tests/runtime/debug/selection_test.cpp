#include "runtime/debug/selection.h"

#include <catch2/catch.hpp>

#include "runtime/debug/debug_value.h"

using namespace openinfer;

namespace {

std::string parsed(std::string_view text) {
  const auto s = parse_selection(
      text, [](std::string_view name) { return name == "i" ? std::optional<int64_t>(3) : std::nullopt; });
  if (!s) return std::string(code_name(s.error().code));
  return selection_text(*s) + (text.empty() ? "" : " and " + std::string(text));
}

std::string part(std::string_view text, const Shape& shape) {
  const auto s = parse_selection(text, [](std::string_view) { return std::optional<int64_t>(); });
  REQUIRE(s.ok());
  const auto p = part_of(*s, 0, shape);
  if (!p) return std::string(code_name(p.error().code));
  std::string out = to_string(p->shape) + " at";
  for (int64_t f : p->first) out += " " + std::to_string(f);
  return out;
}

}  // namespace

TEST_CASE("a selection is written as in the language") {
  CHECK(parsed("x") == "x");
  CHECK(parsed("x[]") == "x");
  CHECK(parsed("  x [ 1 , 0..2 ]  = 3") == "x[1, 0..2] and   = 3");
  CHECK(parsed("x[..]") == "x[..]");
  CHECK(parsed("x[-2, 1.., ..4]") == "x[-2, 1.., ..4]");
  CHECK(parsed("x[i, i..9]") == "x[3, 3..9]");
  CHECK(parsed("") == "U0001");
  CHECK(parsed("[1]") == "U0001");
  CHECK(parsed("x[1") == "U0001");
  CHECK(parsed("x[,]") == "U0001");
  CHECK(parsed("x[k]") == "I0002");
  CHECK(parsed("x[99999999999999999999]") == "U0001");
}

TEST_CASE("a part lies inside of its variable, or is refused") {
  CHECK(part("x", Shape{2, 3}) == "[2, 3] at 0 0");
  CHECK(part("x[1]", Shape{2, 3}) == "[3] at 1 0");
  CHECK(part("x[-1, -2..]", Shape{2, 3}) == "[2] at 1 1");
  CHECK(part("x[.., 1..1]", Shape{2, 3}) == "[2, 0] at 0 1");
  CHECK(part("x[2]", Shape{2, 3}) == "R0001");
  CHECK(part("x[-3]", Shape{2, 3}) == "R0001");
  CHECK(part("x[0, 2..1]", Shape{2, 3}) == "R0001");
  CHECK(part("x[0, 0..4]", Shape{2, 3}) == "R0001");
  CHECK(part("x[0, 0, 0]", Shape{2, 3}) == "I0004");
  CHECK(part("x[9223372036854775807]", Shape{2}) == "R0001");
}
