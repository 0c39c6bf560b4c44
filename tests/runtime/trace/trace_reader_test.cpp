// Reading traces: whole ones, cut ones, and what is none.
#include "runtime/trace/trace_reader.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "runtime/trace/trace_diff.h"
#include "runtime/trace/trace_report.h"
#include "runtime/trace/trace_summary.h"
#include "tests/runtime/trace/traced.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

std::string written(const std::string& text) {
  static int files = 0;
  const std::string path = scratch_file("read-" + std::to_string(files++) + ".json");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// How many events, or the code of what stops it.
std::string read_all(const std::string& text) {
  auto reader = TraceReader::open(written(text));
  if (!reader) return std::string(code_name(reader.error().code));
  size_t events = 0;
  while (true) {
    const auto e = reader->next();
    if (!e) return std::string(code_name(e.error().code));
    if (!*e) break;
    ++events;
  }
  return std::to_string(events) + (reader->cut_off() ? " cut off" : "");
}

TraceDiff difference(const std::string& a, const std::string& b) {
  auto left = TraceReader::open(written(a)), right = TraceReader::open(written(b));
  REQUIRE(left.ok());
  REQUIRE(right.ok());
  auto d = diff_traces(*left, *right);
  REQUIRE(d.ok());
  return std::move(*d);
}

const std::vector<std::string> kSteps = {"[[1, 2], [3, 4]]", "[[5, 6]]"};

}  // namespace

TEST_CASE("a trace is read event by event, wherever it was cut off") {
  const std::string text = traced(watched(), kSteps, TraceLevel::digest).text;
  size_t lines = 0;
  for (char c : text) lines += c == '\n' ? 1 : 0;
  const size_t events = lines - 5;
  CHECK(read_all(text) == std::to_string(events));
  const size_t begin = text.find("\"traceEvents\":[") + 15;
  for (size_t cut = begin; cut < text.size() - 4; cut += 37) {
    const std::string seen = read_all(text.substr(0, cut));
    INFO(cut);
    CHECK(seen.find("cut off") != std::string::npos);
    CHECK(std::stoul(seen) <= events);
  }
}

TEST_CASE("what is no trace is refused with a code, whatever it is") {
  const std::string text = traced(watched(), {"[[1, 2]]"}, TraceLevel::stats).text;
  CHECK(read_all("") == "P0022");
  CHECK(read_all("{}") == "P0022");
  CHECK(read_all("[]") == "P0022");
  CHECK(read_all("{\"traceEvents\":[]}") == "P0022");
  CHECK(read_all("\x7f"
                 "ELF") == "P0022");
  CHECK(TraceReader::open("/nowhere/trace.json").error().code == Code::P0001);
  const std::string head = text.substr(0, text.find("\"traceEvents\":[") + 15);
  CHECK(read_all(head + "]}") == "0");
  CHECK(read_all(head + "1]}") == "P0021");
  CHECK(read_all(head + "{\"ph\":}]}") == "P0021");
  CHECK(read_all(head + "{\"ph\":1}]}") == "P0022");
  CHECK(read_all(head + "{\"ph\":\"X\",\"cat\":\"node\",\"args\":{}}]}") == "P0022");
  CHECK(read_all(head + "{\"ph\":\"C\",\"args\":{\"arena\":\"x\"}}]}") == "P0022");
  CHECK(read_all(head + "[[[[[]]]]]]}") == "P0022");
  // Changed bytes: read, or refused; never anything else.
  uint64_t random = 1;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = text;
    for (int k = 0; k < 3; ++k) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      damaged[(random >> 33) % damaged.size()] = static_cast<char>(random >> 24);
    }
    const std::string seen = read_all(damaged);
    CHECK((seen[0] == 'P' || std::isdigit(static_cast<unsigned char>(seen[0]))));
  }
}

TEST_CASE("the summary counts every node once by op, block and line") {
  auto reader = TraceReader::open(written(traced(watched(), kSteps, TraceLevel::time).text));
  REQUIRE(reader.ok());
  const auto s = summarise(*reader, 0, 0);
  REQUIRE(s.ok());
  CHECK(s->steps == 2);
  for (const auto* list : {&s->ops, &s->blocks, &s->lines}) {
    uint64_t count = 0, time = 0;
    for (const TimeShare& t : *list) {
      count += t.count;
      time += t.nanoseconds;
      CHECK(s->roofline_share(t) <= 1);
    }
    CHECK(count == s->nodes);
    CHECK(time == s->node_nanoseconds);
  }
  CHECK(s->step_nanoseconds >= s->node_nanoseconds);
  const auto mul = std::find_if(s->ops.begin(), s->ops.end(), [](const TimeShare& t) { return t.key == "mul"; });
  REQUIRE(mul != s->ops.end());
  CHECK(mul->count == 2 * (2 + 1) + 2);
}

TEST_CASE("diff finds the first node that gave something else, in its iteration") {
  const std::string a = traced(watched(), {"[[1, 2], [3, 4]]"}, TraceLevel::digest).text;
  CHECK_FALSE(difference(a, a).first);
  CHECK(difference(a, a).compared > 20);

  // One node computes something else: what it is given is the same.
  std::string graph = watched();
  graph.replace(graph.find("op add(t, 1.0)"), 14, "op sub(t, 1.0)");
  const TraceDiff changed = difference(a, traced(graph, {"[[1, 2], [3, 4]]"}, TraceLevel::digest).text);
  REQUIRE(changed.first_only[0]);
  CHECK(changed.first_only[0]->event.op == "add");
  CHECK(changed.first_only[1]->event.op == "sub");

  // An input differs in the second row only: the first node that reads it, in the second iteration.
  const TraceDiff later = difference(a, traced(watched(), {"[[1, 2], [3, 5]]"}, TraceLevel::digest).text);
  REQUIRE(later.first);
  const TraceEvent& e = later.first->first.event;
  CHECK(loop_text(e) == "i=1, k=0");
  CHECK(e.loc.substr(e.loc.rfind(':')) == ":15");
  CHECK(later.only[0] == 0);

  // One iteration more: it is skipped, and the traces meet again.
  const TraceDiff longer = difference(a, traced(watched(), {"[[1, 2], [3, 4], [0, 0]]"}, TraceLevel::digest).text);
  CHECK(longer.only[0] == 0);
  CHECK(longer.only[1] > 5);
  REQUIRE(longer.first_only[1]);
  CHECK(loop_text(longer.first_only[1]->event) == "i=2, k=0");
}

TEST_CASE("timings are noise until the middle halves part") {
  TimingDifference t;
  for (uint64_t i = 0; i < 9; ++i) t.a.add(100 + i);
  CHECK(t.a.quartile(1) == 102);
  CHECK(t.a.quartile(2) == 104);
  CHECK(t.a.quartile(3) == 106);
  const std::string a = traced(watched(), kSteps, TraceLevel::time).text;
  const auto slower = [&](const std::string& factor) {
    std::string b = a;
    // Every `mul` takes as many times longer: digits behind its duration.
    for (size_t at = b.find("\"op\":\"mul\""); at != std::string::npos; at = b.find("\"op\":\"mul\"", at + 1))
      b.insert(b.find('}', b.find("\"dur_ns\":", at)), factor);
    for (const TimingDifference& d : difference(a, b).timings)
      if (d.op == "mul" && d.a.count >= 5) return d.significant;
    return false;
  };
  CHECK_FALSE(slower(""));
  CHECK(slower("000"));
}

TEST_CASE("the report is one page without outside resources, with the trace in it") {
  std::string text = traced(watched(), kSteps, TraceLevel::time).text;
  // A name that would end the script that carries it.
  for (size_t at = 0; (at = text.find("\"rows\"", at)) != std::string::npos; at += 6)
    text.replace(at, 6, "\"</script>\"");
  auto reader = TraceReader::open(written(text));
  REQUIRE(reader.ok());
  const std::string path = scratch_file("report.html");
  REQUIRE(write_report(*reader, path).ok());
  const std::string page = file_text(path);
  for (const char* outside : {"http://", "https://", "src=", "href=", "url(", "@import"})
    CHECK(page.find(outside) == std::string::npos);
  size_t scripts = 0;
  for (size_t at = page.find("</script>"); at != std::string::npos; at = page.find("</script>", at + 1)) ++scripts;
  CHECK(scripts == 3);
  CHECK(page.find("\\u003c/script>") != std::string::npos);
  auto again = TraceReader::open(written(text));
  CHECK(write_report(*again, "/nowhere/report.html").error().code == Code::R0007);
}
