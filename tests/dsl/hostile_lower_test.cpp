// Graphs that are spelled well and that nobody means well with: lowering refuses them or passes them, in about linear
// time, with a small stack, whatever they would expand to.
#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "dsl/lower/lower.h"
#include "dsl/parse.h"
#include "tests/dsl/texts.h"

using namespace openinfer;

namespace {

std::string many(int n, const std::function<std::string(int)>& piece) {
  std::string text;
  for (int i = 0; i < n; ++i) text += piece(i);
  return text;
}
std::string s(int i) { return std::to_string(i); }

// The codes that are found, each once, in order; and it takes no longer than a second or so.
std::string codes(const std::string& text) {
  auto parsed = testing::parse_text(text);
  INFO(text.substr(0, 200));
  REQUIRE(parsed.errors() == "");
  Graph graph;
  GraphFile file;
  file.name = "hostile.graph";
  file.file = std::move(parsed.file);
  graph.files.push_back(std::move(file));
  Diagnostics diagnostics;
  // What is worse than linear takes hours: ctest's limit ends it.
  check(graph, LowerOptions(), diagnostics);
  std::set<std::string> found;
  for (const Diagnostic& d : diagnostics) found.emplace(code_name(d.code));
  std::string list;
  for (const std::string& c : found) list += (list.empty() ? "" : " ") + c;
  return list;
}

}  // namespace

TEST_CASE("defs that call each other twice would double without end") {
  CHECK(codes(many(60,
                   [](int i) {
                     return "def f" + s(i) + "(x: f32) >> (y: f32) { call f" + s(i + 1) + "(x) >> y; call f" +
                            s(i + 1) + "(y) >> y; }\n";
                   }) +
              "def f60(x: f32) >> (y: f32) { op relu(x) >> y; }\n"
              "dynamic { x: f32; } block entry { call f0(x) >> y: f32; }") == "E0402");
}

TEST_CASE("blocks that branch two ways would double without end") {
  CHECK(
      codes(many(200, [](int i) { return "block b" + s(i) + " { branch c b" + s(i + 1) + " b" + s(i + 1) + "; }\n"; }) +
            "block b200 { }\ndynamic { c: bool; } block entry { branch b0; }") == "E0402");
  // Consumers are looked at for what they write before they are expanded.
  CHECK(
      codes(many(200, [](int i) { return "block b" + s(i) + " { branch c b" + s(i + 1) + " b" + s(i + 1) + "; }\n"; }) +
            "block b200 { }\ndynamic { c: bool; x: f32; } block entry { yield x; await x; }"
            "block eat { await x; branch b0; yield x; }") == "E0402");
}

TEST_CASE("chains of calls") {
  CHECK(
      codes(many(20000,
                 [](int i) { return "def f" + s(i) + "(x: f32) >> (y: f32) { call f" + s(i + 1) + "(x) >> y; }\n"; }) +
            "def f20000(x: f32) >> (y: f32) { op relu(x) >> y; }\n"
            "dynamic { x: f32; } block entry { call f0(x) >> y: f32; }") == "E0402");
  CHECK(codes(many(20000, [](int i) { return "block b" + s(i) + " { branch b" + s(i + 1) + "; }\n"; }) +
              "block b20000 { }\nblock entry { branch b0; }") == "E0402");
  // Each block nests as deep as the grammar allows, and calls the next one from there.
  CHECK(codes(many(100,
                   [](int i) {
                     return "block b" + s(i) + " { " +
                            many(200, [&](int k) { return "loop l (i" + s(i) + "_" + s(k) + " in 0..1) { "; }) +
                            "branch b" + s(i + 1) + ";" + many(200, [](int) { return "} "; }) + "}\n";
                   }) +
              "block b100 { }\nblock entry { branch b0; }") == "E0402");
}

TEST_CASE("loops that never end cost nothing before they run") {
  CHECK(codes("dynamic { x: f32[2]; } block entry { loop l (i in 0..4611686018427387904) {"
              "loop m (j in 0..9223372036854775807) { op add(x, i) >> y: f32[2]; } } }") == "");
}

TEST_CASE("shapes whose product passes 64 bits") {
  CHECK(codes("dynamic { x: f32[4611686018427387904, 4611686018427387904]; } block entry {"
              "op reshape(x) >> y: f32[n]; op relu(x) >> x; }") != "");
  CHECK(codes("sizes { a = 4611686018427387904; } volatile { x: f32[a * a]; } block entry { op relu(x) >> x; }") ==
        "E0208");
}

TEST_CASE("sizes that double when they are written out") {
  CHECK(codes("dynamic { x: f32[n]; } sizes { a0 = n;" +
              many(200, [](int i) { return "a" + s(i + 1) + " = min(a" + s(i) + ", 2*a" + s(i) + " + 1);"; }) +
              "} block entry { emit a200; }") == "E0402");
  CHECK(codes("dynamic { x: f32[n]; } block entry { sizes { a0 = n;" +
              many(5000, [](int i) { return "a" + s(i + 1) + " = floor((a" + s(i) + " + 1) / 3);"; }) +
              "} emit a5000; }") == "E0402");
  CHECK(codes("dynamic {" + many(5000, [](int i) { return "x" + s(i) + ": f32[n" + s(i) + "];"; }) +
              "} block entry { sizes { t0 = n0;" +
              many(4999, [](int i) { return "t" + s(i + 1) + " = t" + s(i) + " + n" + s(i + 1) + ";"; }) +
              "} emit t4999; }") == "E0402");
  CHECK(codes("sizes { a0 = 3;" + many(3000, [](int i) { return "a" + s(i + 1) + " = a" + s(i) + " % 1000 + 2;"; }) +
              "} block entry { emit a3000; }")
            .size() <= 5);
}

TEST_CASE("sizes that name each other in a long chain") {
  CHECK(codes("sizes { a0 = 3;" + many(50000, [](int i) { return "a" + s(i + 1) + " = a" + s(i) + " + 1;"; }) +
              "} block entry { emit a50000; }") == "E0402");
  // Names that wait for a result wait for each other.
  CHECK(codes("dynamic { x: f32[n]; } block entry {" +
              many(20000, [](int i) { return "op fill(value=0) >> x" + s(i) + ": f32[p" + s(i) + "];"; }) +
              many(19999, [](int i) { return "op relu(x" + s(i + 1) + ") >> x" + s(i) + ";"; }) + "}") == "E0206");
}

TEST_CASE("a hundred thousand of anything") {
  CHECK(codes("dynamic {" + many(100000, [](int i) { return "x" + s(i) + ": f32[n" + s(i) + "];"; }) + "}" +
              "block entry { emit x99999; }") == "");
  CHECK(codes("dynamic { x: f32[n]; } block entry { op relu(x) >> x0: f32[n];" +
              many(100000, [](int i) { return "op add(x" + s(i) + ", x) >> x" + s(i + 1) + ": f32[n];"; }) +
              "emit x100000; }") == "");
  CHECK(codes("dynamic { x: f32[n]; } block entry {" +
              many(50000, [](int i) { return "op add(x, y" + s(i) + ") >> x;"; }) + "}") == "E0102");
  CHECK(codes(many(30000, [](int i) { return "block b" + s(i) + " { branch b" + s(i) + "; }\n"; })) == "E0113 E0401");
}
