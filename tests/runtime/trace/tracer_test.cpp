// Traces of whole runs: that they open, say what happened, and say the same again.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/adapters/input_value.h"
#include "tests/runtime/graph_session.h"
#include "tests/runtime/trace/trace_rules.h"
#include "tests/runtime/trace/traced.h"

using namespace openinfer;
using namespace openinfer::test;
using nlohmann::json;

namespace {

const std::vector<std::string> kSteps = {"[[1, 2], [3, 4]]", "[[5, 6]]", "[[90, 91], [1, 1], [1, 1]]"};

std::string joined(const std::vector<std::string>& lines) {
  std::string s;
  for (const std::string& l : lines) s += l + "\n";
  return s;
}

std::vector<json> nodes(const std::string& trace) {
  std::vector<json> list;
  const json whole = json::parse(trace);
  for (const json& e : whole["traceEvents"])
    if (e["ph"] == "X" && e["cat"] != "kernel") list.push_back(e);
  return list;
}

}  // namespace

TEST_CASE("a trace opens at every level, and without times two runs give the same bytes") {
  const std::string plain = traced(watched(), kSteps, TraceLevel::time).emitted;
  for (const TraceLevel level : {TraceLevel::time, TraceLevel::stats, TraceLevel::digest, TraceLevel::full}) {
    INFO(name(level));
    const Traced a = traced(watched(), kSteps, level), b = traced(watched(), kSteps, level);
    CHECK(joined(trace_problems(a.text, true)) == "");
    CHECK(a.emitted == plain);
    std::string ta = without_times(a.text), tb = without_times(b.text);
    if (level == TraceLevel::full) {  // the folder has the trace's name
      const auto cut = [](std::string& t) {
        for (size_t at; (at = t.find(".payloads/")) != std::string::npos;)
          t.erase(t.rfind('"', at), at - t.rfind('"', at) + 10);
      };
      cut(ta);
      cut(tb);
    }
    CHECK(ta == tb);
  }
}

TEST_CASE("the levels say the same of the course of a run") {
  const auto course = [](TraceLevel level) {
    std::string s;
    const json whole = json::parse(traced(watched(), kSteps, level).text);
    for (const json& e : whole["traceEvents"]) {
      json bare = e;
      for (const char* field : {"ts", "dur"}) bare.erase(field);
      if (bare.contains("args"))
        for (const char* field : {"t_ns", "dur_ns", "values"}) bare["args"].erase(field);
      s += bare.dump() + "\n";
    }
    return s;
  };
  const std::string time = course(TraceLevel::time);
  CHECK(time == course(TraceLevel::stats));
  CHECK(time == course(TraceLevel::digest));
}

TEST_CASE("a node says where it stands, in which iteration it ran, and what it took and gave") {
  const auto all = nodes(traced(watched(), {"[[1, 2], [3, 4]]"}, TraceLevel::time).text);
  std::vector<json> muls;
  for (const json& e : all)
    if (e["name"] == "mul") muls.push_back(e["args"]);
  REQUIRE(muls.size() == 5);  // twice a row, and the consumer's
  const std::string loc = muls[0]["loc"];
  CHECK(loc.substr(loc.rfind(':')) == ":7");
  CHECK(muls[3]["loop"] == json{{"i", 1}, {"k", 1}});
  CHECK(muls[0]["block"] == "scaled");
  CHECK(muls[0]["node"] == 0);
  REQUIRE(muls[0]["calls"].size() == 1);
  CHECK(muls[0]["uuid"] == muls[3]["uuid"]);
  CHECK(muls[0]["uuid"] != muls[4]["uuid"]);  // another call
  CHECK_FALSE(muls[4].contains("loop"));
  CHECK(muls[0]["out"] == json{"t f32[2]"});
  CHECK(muls[0]["bytes"] == 8 + 4 + 8);
  CHECK(muls[0]["flops"] == 2);
  CHECK(muls[0]["kernel"].get<std::string>().find("mul") == 0);
}

TEST_CASE("slices nest as the program does") {
  const json events = json::parse(traced(watched(), {"[[1, 2], [3, 4]]"}, TraceLevel::time).text)["traceEvents"];
  std::vector<std::string> open;
  std::string deepest, consumer, note;
  for (const json& e : events) {
    if (e["ph"] == "B") open.push_back(e["name"]);
    if (e["ph"] == "E") open.pop_back();
    const auto way = [&] {
      std::string s;
      for (const std::string& o : open) s += o + " > ";
      return s + e["name"].get<std::string>();
    };
    if (e["ph"] != "X") continue;
    if (e["name"] == "mul" && way().find("k=1") != std::string::npos) deepest = way();
    if (e["name"] == "mul") consumer = way();
    if (e["args"].value("block", "") == "note") note = way();
  }
  CHECK(deepest == "step 0 > entry > rows i=1 > twice k=1 > scaled > mul");
  CHECK(note == "step 0 > entry > rows i=1 > note > add");
  CHECK(consumer == "step 0 > entry > listen > scaled > mul");
  CHECK(open.empty());
}

TEST_CASE("an arrow leads to a node that moves values from the one that wrote them") {
  const std::string text = traced(watched(), {"[[1, 2], [3, 4]]"}, TraceLevel::time).text;
  const json events = json::parse(text)["traceEvents"];
  // The innermost node that runs at a time: of those that begin there or before, the last one.
  const auto node_at = [&](double time) {
    std::string name;
    double latest = -1;
    for (const json& e : events)
      if (e["ph"] == "X" && e["cat"] == "node" && e["ts"] <= time && e["ts"] > latest)
        latest = e["ts"], name = e["name"].get<std::string>() + ":" + e["args"]["loc"].get<std::string>();
    return name.substr(0, name.find(':')) + name.substr(name.rfind(':'));
  };
  std::map<int64_t, double> from;
  std::vector<std::string> arrows;
  for (const json& e : events) {
    if (e["ph"] == "s") from[e["id"]] = e["ts"];
    if (e["ph"] == "f" && e["name"] != "yield")
      arrows.push_back(node_at(from.at(e["id"])) + " > " + node_at(e["ts"]) + " " + e["name"].get<std::string>());
  }
  CHECK(joined(arrows) ==
        "add:33 > transfer:23 transfer\ncopy:38 > cache.write:26 cache.write\ncopy:38 > emit:28 emit\n"
        "cache.increment:27 > emit:29 emit\n");
}

TEST_CASE("the uuid of a node is that of its text, whatever stands around it") {
  std::string other = watched();
  other.insert(other.find("  op mul"), "  // a comment\n\n");
  other.replace(other.find("op add(t, 1.0)"), 14, "op add( t,1.0 )");
  other.insert(other.find("block note"), "block unused { return; }\n");
  const auto a = nodes(traced(watched(), kSteps, TraceLevel::time).text);
  const auto b = nodes(traced(other, kSteps, TraceLevel::time).text);
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i]["args"]["uuid"] == b[i]["args"]["uuid"]);
  std::string changed = watched();
  changed.replace(changed.find("1.0) >> r"), 3, "3.0");
  const auto c = nodes(traced(changed, kSteps, TraceLevel::time).text);
  size_t differ = 0;
  for (size_t i = 0; i < a.size(); ++i) differ += a[i]["args"]["uuid"] != c[i]["args"]["uuid"] ? 1 : 0;
  CHECK(differ > 0);
  CHECK(differ < a.size() / 2);
}

TEST_CASE("values: figures, digests, and payloads that numpy reads") {
  const Traced run = traced(watched(), {"[[1, 2]]"}, TraceLevel::full);
  json last;
  for (const json& e : nodes(run.text))
    if (e["name"] == "mul") last = e["args"]["values"];
  REQUIRE(last.size() == 1);
  CHECK(last[0]["name"] == "t");
  // sum = 2·(2·[1, 2] + 1) + 0.5 = [6.5, 10.5]; halved
  CHECK(last[0]["min"] == 3.25);
  CHECK(last[0]["max"] == 5.25);
  CHECK(last[0]["mean"] == 4.25);
  CHECK(last[0]["nan"] == 0);
  CHECK(last[0]["digest"].get<std::string>().size() == 16);
  const std::string file = last[0]["file"];
  const auto value = parse_input_value("@" + scratch_file(file), {"x", DType::f32, Shape{2}, 0});
  REQUIRE(value.ok());
  const auto& tensor = std::get<HostTensor>(*value);
  CHECK(reinterpret_cast<const float*>(tensor.data())[1] == 5.25f);
}

TEST_CASE("plans that are made, forgotten and made again are told apart") {
  std::vector<std::string> steps;
  for (int pass = 0; pass < 2; ++pass)
    for (int rows = 1; rows <= 40; ++rows) {
      std::string x = "[";
      for (int i = 0; i < rows; ++i) x += i ? ",[0,0]" : "[0,0]";
      steps.push_back(x + "]");
    }
  for (const TraceLevel level : {TraceLevel::time, TraceLevel::stats}) {
    const Traced run = traced(watched(), steps, level);
    CHECK(joined(trace_problems(run.text, true)) == "");
    size_t muls = 0;
    for (const json& e : nodes(run.text)) muls += e["name"] == "mul" ? 1 : 0;
    CHECK(muls == 2 * (2 * 40 * 41 / 2 + 40));
  }
}

TEST_CASE("a step that fails closes what it opened and says so") {
  auto session = session_of("dynamic { x: i32; }\nblock entry {\n  op div(1, x) >> y: i32;\n  emit y;\n}\n");
  const std::string file = scratch_file("failed.json");
  auto tracer = Tracer::create(*session, {file, TraceLevel::digest, 1, 7, "test"});
  REQUIRE(tracer.ok());
  session->observe(**tracer);
  for (const char* x : {"0", "1"}) {
    REQUIRE(session->set_value("x", x).ok());
    CHECK(session->step().ok() == (std::string(x) == "1"));
  }
  REQUIRE((*tracer)->finish().ok());
  const std::string text = file_text(file);
  CHECK(joined(trace_problems(text, true)) == "");
  CHECK(text.find("\"failed\":true") != std::string::npos);
  CHECK(json::parse(text)["run"]["seed"] == 7);
}

TEST_CASE("a trace that cannot be written fails the run with R0007") {
  auto session = session_of(
      "dynamic { x: f32; }\nblock entry {\n  loop l (i in 0..100000) {\n    op add(x, 1.0) >> x;\n  }\n  emit x;\n}\n");
  CHECK(Tracer::create(*session, {"/nowhere/t.json", TraceLevel::time, 1, std::nullopt, "t"}).error().code ==
        Code::R0007);
  if (!std::filesystem::exists("/dev/full")) return;
  CHECK(Tracer::create(*session, {"/dev/full", TraceLevel::time, 1, std::nullopt, "t"}).error().code == Code::R0007);
}
