// Scripts of the debugger and what it says to them, whole.
#include "runtime/debug/debugger.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/adapters/show_tensor.h"
#include "tests/runtime/graph_session.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

struct Said {
  std::string text;     // the debugger's, with the graph's path as G
  std::string emitted;  // "name = value", joined by "; "
  std::optional<Code> error;
};

Said debugged(const std::string& graph, const std::string& script, const std::map<std::string, std::string>& inputs) {
  auto session = session_of(graph);
  for (const auto& [name, value] : inputs) REQUIRE(session->set_value(name, value).ok());
  std::istringstream in(script);
  std::ostringstream out;
  Debugger debugger(*session, in, out, true);
  session->observe(debugger);
  Said said;
  const Status s = session->step([&](const Emission& e) {
    said.emitted += (said.emitted.empty() ? "" : "; ") + std::string(e.name) + " = " + *tensor_json(e.value);
    return true;
  });
  if (!s) said.error = s.error().code;
  said.text = out.str();
  const std::string path = session->model().graph().files[0].name;
  for (size_t at; (at = said.text.find(path)) != std::string::npos;) said.text.replace(at, path.size(), "G");
  return said;
}

// A file of tests/runtime/debug: commands and answers. With OPENINFER_UPDATE_GOLDENS set it is written anew.
void golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(OPENINFER_SOURCE_DIR "/tests/runtime/debug/") + name;
  if (std::getenv("OPENINFER_UPDATE_GOLDENS")) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  CHECK(text == std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string watched() {
  std::ifstream file(OPENINFER_SOURCE_DIR "/tests/runtime/trace/watched.graph", std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::map<std::string, std::string> kInput = {{"x", "[[1, 2], [3, 4]]"}};

// The answer to the last command of the script.
std::string answer(const std::string& graph, const std::string& script,
                   const std::map<std::string, std::string>& inputs) {
  const std::string text = debugged(graph, script + "\nquit\n", inputs).text;
  const size_t end = text.rfind("> quit");
  const size_t command = text.rfind("> ", end - 2);
  const size_t begin = text.find('\n', command) + 1;
  return text.substr(begin, end - begin - 1);
}

}  // namespace

TEST_CASE("a session with breakpoints, stepping, looking and changing") {
  const Said said =
      debugged(watched(),
               "help\nwhere\nlist\nbreak scaled:1\nbreak G2:1\nbreak 20\nbreak\ncontinue\nprint t\nprint r\nprint by\n"
               "print i\nprint N\nstats t\nset t[0] = 100\nprint t\nwhere\nnext\nprint s\nstep\n\nprint v\n"
               "delete 1\ncontinue\nprint full\nset full = true\nprint sum\ndelete\nbreak listen\nbreak note\n"
               "continue\nwhere\nprint shared\nset shared = [1, 2]\ncontinue\n",
               kInput);
  CHECK_FALSE(said.error);
  // ([1, 2] · 0.5 + 1)
  CHECK(said.emitted == "shared = [1.5, 2]; runs = 1");
  golden("session.expected", said.text);
}

TEST_CASE("without commands a run is the same as without a debugger") {
  auto plain = session_of(watched());
  REQUIRE(plain->set_value("x", kInput.at("x")).ok());
  const std::string wanted = emitted(*plain);
  for (const char* script : {"", "continue\n", "step\nstep\nstep\n", "next\nnext\nnext\nnext\nnext\nnext\n"})
    CHECK(debugged(watched(), script, kInput).emitted == wanted);
  std::string steps;
  for (int i = 0; i < 200; ++i) steps += "step\n";
  CHECK(debugged(watched(), steps, kInput).emitted == wanted);
}

TEST_CASE("a value is shown only while it is the variable's own") {
  // One arena for all: a dies where b begins, b where c begins.
  const std::string graph =
      "dynamic { x: f32[3]; }\n"
      "block entry {\n"
      "  op add(x, 1.0) >> a: f32[3];\n"
      "  op sum_axis(a, axes=0) >> m: f32;\n"
      "  op mul(x, 10.0) >> b: f32[3];\n"
      "  op sum_axis(b, axes=0) >> n: f32;\n"
      "  op add(m, n) >> r: f32;\n"
      "  emit r;\n"
      "}\n";
  const std::map<std::string, std::string> input = {{"x", "[1, 2, 3]"}};
  CHECK(answer(graph, "print a", input) == "`a` has no value here: it is written further on");
  CHECK(answer(graph, "next\nprint a", input) == "a: f32[3] = [2, 3, 4]");
  CHECK(answer(graph, "next\nprint b", input) == "`b` has no value here: it is written further on");
  CHECK(answer(graph, "next\nnext\nprint a", input) == "`a` has no value here: nothing reads it any more");
  CHECK(answer(graph, "next\nnext\nprint m", input) == "m: f32 = 9");
  CHECK(answer(graph, "next\nnext\nnext\nprint b", input) == "b: f32[3] = [10, 20, 30]");
  CHECK(answer(graph, "next\nnext\nnext\nset a = 0", input) == "`a` has no value here: nothing reads it any more");
}

TEST_CASE("what a loop declares begins anew in each iteration") {
  const std::string graph =
      "dynamic { x: f32; }\n"
      "block entry {\n"
      "  loop l (i in 0..3) {\n"
      "    op add(x, 1.0) >> t: f32;\n"
      "    op mul(t, 2.0) >> x;\n"
      "  }\n"
      "  emit x;\n"
      "}\n";
  const std::map<std::string, std::string> input = {{"x", "1"}};
  CHECK(answer(graph, "break entry:2\nc\nprint t", input) == "t: f32 = 2");
  CHECK(answer(graph, "break entry:1\nc\nc\nprint t", input).find("no value here") != std::string::npos);
  CHECK(answer(graph, "break entry:2\nc\nc\nprint t", input) == "t: f32 = 5");
  CHECK(debugged(graph, "break entry:2\nc\nset t = 0\ndelete\nc\n", input).emitted == "x = 6");
}

TEST_CASE("an attribute that is read when the op runs follows a change between the nodes before it") {
  const std::string graph =
      "dynamic { x: f32[2]; low: f32; }\n"
      "block entry {\n"
      "  op add(x, 0.0) >> a: f32[2];\n"
      "  op clamp(a, min=low) >> b: f32[2];\n"
      "  emit b;\n"
      "}\n";
  const std::map<std::string, std::string> input = {{"x", "[1, 5]"}, {"low", "2"}};
  CHECK(debugged(graph, "", input).emitted == "b = [2, 5]");
  CHECK(debugged(graph, "next\nset low = 3\ncontinue\n", input).emitted == "b = [3, 5]");
  // Its range holds then too.
  const std::string bounded =
      "dynamic { x: f32[2]; w: f32[2]; eps: f32; }\n"
      "block entry {\n"
      "  op add(x, 0.0) >> a: f32[2];\n"
      "  op rms_norm(a, w, eps=eps) >> b: f32[2];\n"
      "  emit b;\n"
      "}\n";
  const std::map<std::string, std::string> given = {{"x", "[1, 5]"}, {"w", "1"}, {"eps", "0"}};
  CHECK_FALSE(debugged(bounded, "", given).error);
  CHECK(debugged(bounded, "next\nset eps = -1\ncontinue\n", given).error == Code::R0005);
}

TEST_CASE("views say what they show, and change with it") {
  const std::string graph =
      "dynamic { x: f32[2, 2]; }\n"
      "block entry {\n"
      "  transfer x[1] >> row: f32[2];\n"
      "  op add(row, 0.0) >> y: f32[2];\n"
      "  emit y;\n"
      "}\n";
  const std::map<std::string, std::string> input = {{"x", "[[1, 2], [3, 4]]"}};
  CHECK(answer(graph, "next\nprint row", input) == "row: f32[2] = [3, 4]");
  CHECK(answer(graph, "next\nset row[0] = 9", input) == "`row` has no memory of its own: it shows `x`, change that");
  CHECK(answer(graph, "next\nset x[1, 0] = 9", input) == "x[1, 0] = 9; so has `row`, which shows it");
  CHECK(debugged(graph, "next\nset x[1, 0] = 9\nc\n", input).emitted == "y = [9, 4]");
}

TEST_CASE("changes to persistent memory are taken back with a step that is quit") {
  const std::string graph = "persistent { n: i32 @init(5); }\nblock entry {\n  cache.increment n;\n  emit n;\n}\n";
  auto session = session_of(graph);
  std::istringstream in("set n = 100\nnext\nprint n\nquit\ncontinue\n");
  std::ostringstream out;
  Debugger debugger(*session, in, out, true);
  session->observe(debugger);
  const Status quit = session->step();
  REQUIRE_FALSE(quit.ok());
  CHECK(quit.error().code == Code::C0001);
  CHECK(out.str().find("n: i32 = 101") != std::string::npos);
  CHECK(emitted(*session) == "n = 6");
}

TEST_CASE("a breakpoint at a call, a loop or a branch stops where they begin") {
  CHECK(debugged(watched(), "break 15\nc\nquit\n", kInput).text.find("before node 3 (call) of entry, G:15, i=0, k=0") !=
        std::string::npos);
  const std::string graph =
      "dynamic { x: f32; }\n"
      "def twice(v: f32) >> (r: f32) {\n"
      "  op mul(v, 2.0) >> r;\n"
      "}\n"
      "block entry {\n"
      "  op add(x, 0.0) >> a: f32;\n"
      "  loop l (i in 0..2) {\n"
      "    call twice(a) >> b: f32;\n"
      "    op add(b, 1.0) >> a;\n"
      "  }\n"
      "  branch last;\n"
      "}\n"
      "block last { emit a; }\n";
  const std::map<std::string, std::string> input = {{"x", "1"}};
  const auto stops = [&](const std::string& at) {
    std::string all;
    const std::string text = debugged(graph, "break " + at + "\nc\nc\nc\nc\n", input).text;
    for (size_t p = text.find("before", 10); p != std::string::npos; p = text.find("before", p + 1))
      all += text.substr(text.find(", G", p) + 3, text.find('\n', p) - text.find(", G", p) - 3) + ";";
    return all;
  };
  CHECK(stops("8") == ":3, i=0;:3, i=1;");
  CHECK(stops("7") == ":3, i=0;");
  CHECK(stops("11") == ":13;");
  CHECK(stops("last") == ":13;");
  CHECK(stops("twice") == ":3, i=0;:3, i=1;");
}

TEST_CASE("what cannot be done is said, and the prompt comes back") {
  for (const auto& [command, said] : std::vector<std::pair<std::string, std::string>>{
           {"fly", "`fly` is no command; `help` lists them"},
           {"print", "a name is missing"},
           {"print x y", "`y` is too much"},
           {"print limmit", "nothing here is called `limmit`\ndid you mean `limit`?"},
           {"print x[2]", "`x`, axis 0, has 2: 2 is out of range"},
           {"print x[0, 0, 0]", "`x` has 2 axes, given are 3"},
           {"set x", "set takes NAME[…] = VALUE"},
           {"set x = [1]", "`x` has the shape [2, 2], given is [1]"},
           {"set N = 4", "`N` is a size: it follows from what was read before"},
           {"break 3", "no node of this run begins on line 3"},
           {"break nowhere", "no block or def of this run is called `nowhere`"},
           {"break entry:99", "`entry` has no node 99 in this run"},
           {"break other.graph:12", "no node of this run begins on line 12 of other.graph"},
           {"delete 1", "there is no breakpoint 1"}})
    CHECK(answer(watched(), command, kInput) == said);
  CHECK(answer(watched(), "set x = \"a\"", kInput).find("x") != std::string::npos);
}
