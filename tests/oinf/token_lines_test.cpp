#include "oinf/tools/token_lines.h"

#include <sstream>

#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string through(decltype(tokenize_lines)* convert, const std::string& lines, bool special = false) {
  std::istringstream in(lines);
  std::ostringstream out;
  const Status status = convert(storyteller(), in, out, special);
  INFO((status.ok() ? std::string() : status.error().message));
  REQUIRE(status.ok());
  return out.str();
}

Diagnostic refused(decltype(tokenize_lines)* convert, const std::string& lines) {
  std::istringstream in(lines);
  std::ostringstream out;
  const Status status = convert(storyteller(), in, out, false);
  REQUIRE_FALSE(status.ok());
  return status.error();
}

}  // namespace

TEST_CASE("token lines: there and back") {
  const std::string lines = "\"The Clever Fox\\n\\n\"\n\"\"\n\"狐 \\\"x\\\"\"\n";
  const std::string ids = through(tokenize_lines, lines);
  CHECK_THAT(ids, Catch::StartsWith("[310,510,301,327,1210,200,200]\n[]\n["));
  CHECK(through(detokenize_lines, ids) == lines);
  CHECK(through(tokenize_lines, "").empty());
}

TEST_CASE("token lines: special tokens when asked for") {
  CHECK(through(tokenize_lines, "\"<|end|>\"", true) == "[1]\n");
  CHECK(through(tokenize_lines, "\"<|end|>\"") != "[1]\n");
  CHECK(through(detokenize_lines, "[0, 1, -1]", true) == "\"<|begin|><|end|>\"\n");
  CHECK(through(detokenize_lines, "[0, 1, -1]") == "\"\"\n");
}

TEST_CASE("token lines: what is wrong is refused with its line") {
  CHECK_THAT(refused(tokenize_lines, "\"a\"\nb\n").message, Catch::StartsWith("line 2: "));
  CHECK(refused(tokenize_lines, "[1]\n").code == Code::I0006);
  CHECK(refused(tokenize_lines, "\n").code == Code::I0006);
  CHECK(refused(detokenize_lines, "\"a\"\n").code == Code::I0006);
  CHECK(refused(detokenize_lines, "[1.5]\n").code == Code::I0006);
  CHECK(refused(detokenize_lines, "[18446744073709551615]\n").code == Code::I0006);
  CHECK(refused(detokenize_lines, "[2048]\n").code == Code::I0006);
}
