#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "dsl/format.h"
#include "ir/json.h"
#include "tests/dsl/random_graph.h"
#include "tests/dsl/texts.h"

using namespace openinfer;
using testing::parse_text;

namespace {

Graph graph_of(File file) {
  Graph graph;
  graph.files.push_back({"m.graph", kNoFile, std::move(file)});
  return graph;
}

// What is wrong with the two ways back to the canonical text of a file, or nothing.
std::string fault_of_round_trips(const File& file) {
  const std::string text = dsl::format(file);
  const auto parsed = parse_text(text);
  if (!parsed.diagnostics.empty()) return "the canonical text is refused\n" + parsed.errors() + text;
  if (const std::string again = dsl::format(parsed.file); again != text)
    return "formatting is not idempotent\n" + text + "----\n" + again;

  const std::string json = to_json(graph_of(parsed.file));
  Diagnostics diagnostics;
  const auto back = from_json(json, diagnostics);
  if (!back) return "the JSON is refused\n" + render(diagnostics.at(0)) + json;
  if (dsl::format(back->files.at(0).file) != text)
    return "JSON gives another text\n" + text + "----\n" + dsl::format(back->files[0].file);
  if (to_json(*back) != json) return "JSON gives other JSON\n" + json;
  return "";
}

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

}  // namespace

TEST_CASE("every graph of the project goes through text and JSON and comes back") {
  const auto files = testing::graph_files();
  REQUIRE(files.size() >= 40);
  for (const std::string& path : files) {
    INFO(path);
    const auto parsed = parse_text(testing::read_file(path));
    INFO(parsed.errors());
    REQUIRE(parsed.diagnostics.empty());
    CHECK(fault_of_round_trips(parsed.file) == "");
  }
}

TEST_CASE("the examples are canonical") {
  for (const std::string& path : testing::graph_files()) {
    if (path.find("/examples/") == std::string::npos) continue;
    INFO(path);
    const std::string text = testing::read_file(path);
    CHECK(testing::formatted(text) == text);
  }
}

TEST_CASE("random graphs go through text and JSON and come back") {
  const bool holds = rc::check("round trips", [] {
    testing::RandomGraph random([](size_t n) { return *rc::gen::inRange<size_t>(0, n); });
    for (int i = 0; i < 10; ++i) {
      const File file = random.file();
      const std::string fault = fault_of_round_trips(file);
      if (!fault.empty()) RC_FAIL(fault);

      // JSON of the graph that nobody parsed: it must not need what the parser made canonical.
      Diagnostics diagnostics;
      const auto back = from_json(to_json(graph_of(file)), diagnostics);
      RC_ASSERT(back.has_value());
      RC_ASSERT(dsl::format(back->files[0].file) == dsl::format(file));
    }
  });
  CHECK(holds);
}

TEST_CASE("no comment is lost wherever it stands") {
  // One comment between every two tokens of a program, each with a number of its own.
  const std::string program =
      "graph g version 1 ; include \"a\" ; sizes { a ?= min ( 1 , b ) ; } dynamic { x ( l ) : f32 [ a , 2 ] @ ref ( "
      "\"p\" , k = 1 ) ; } "
      "def f ( x : f32 ) >> ( y : f32 ) { constant { w : f32 ; } op g ( x , k = [ 1 , 2 ] ) >> y : f32 ; } "
      "block b { loop l ( i in 0 .. n ) { branch c d e ; } fuse { op e ( x ) >> y ; } >> ( y , z ) : f32 ; cache . "
      "write x >> K [ i , .. ] ; }";
  for (const char* style : {"/* n% */", "// n%\n", "\n\n/* n%\n   */\n\n"}) {
    std::string text;
    size_t comments = 0;
    for (char c : program) {
      if (c != ' ') {
        text += c;
        continue;
      }
      std::string comment = style;
      comment.replace(comment.find('%'), 1, std::to_string(comments++) + ";");
      text += " " + comment + " ";
    }
    const auto parsed = parse_text(text);
    INFO(parsed.errors());
    REQUIRE(parsed.diagnostics.empty());
    const std::string canonical = dsl::format(parsed.file);
    for (size_t i = 0; i < comments; ++i) {
      INFO(i);
      CHECK(count(canonical, "n" + std::to_string(i) + ";") == 1);
    }
    CHECK(fault_of_round_trips(parsed.file) == "");
  }
}
