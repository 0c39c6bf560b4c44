// What a session may take: refused before the run where that is known, kept while tables grow, and sparse uses left
// alone.
#include <catch2/catch.hpp>

#include "graph_session.h"
#include "tests/thread_sanitizer.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

constexpr const char* kGrowing = R"(
dynamic { n: i32; at: i32 @default(0); }
persistent { log(i): f32[1024] @table; count: i32; }
block entry {
  op fill(value=1.0) >> row: f32[1024];
  loop l (i in 0..n) {
    cache.write row >> log[at];
    cache.write row >> log[count];
    cache.increment count;
  }
  emit count;
}
)";

Diagnostic refusal(Session& session) {
  const Status s = session.step();
  REQUIRE_FALSE(s.ok());
  return s.error();
}

}  // namespace

TEST_CASE("a plan that no machine holds is refused before the run, and names what is largest") {
  auto s = session_of(R"(
dynamic { x: f32[4]; }
volatile { huge: f32[400000, 1000000]; }
block entry {
  op sum_axis(huge[0]) >> t: f32;
  emit t;
  op sum_axis(x) >> s: f32;
  emit s;
}
)");
  REQUIRE(s->set_value("x", "1").ok());
  int emissions = 0;
  const Status refused = s->step([&](const Emission&) { return ++emissions > 0; });
  REQUIRE_FALSE(refused.ok());
  CHECK(emissions == 0);
  CHECK(refused.error().code == Code::R0006);
  const std::string text = render(refused.error(), s->model().sources());
  INFO(text);
  CHECK(text.find("1600000000") != std::string::npos);
  CHECK(text.find("`huge` takes 1600000000000 bytes (1.5 TiB)") != std::string::npos);
  CHECK(text.find("volatile { huge") != std::string::npos);
  CHECK(text.find(".graph:3:12") != std::string::npos);
  // Planning is no run.
  const auto need = s->need();
  REQUIRE(need.ok());
  CHECK(need->arena >= 1600000000000u);
}

TEST_CASE("a table may be bounded above what a machine has, as long as little of it is written") {
  if (kThreadSanitizer) {
    WARN("skipped: ThreadSanitizer leaves no such address space");
    return;
  }
  constexpr const char* kSparse = R"(
dynamic { at: i32; }
persistent { table(i): f32[1024] @table @fixed(i=1000000000); }
block entry {
  op fill(value=2.0) >> row: f32[1024];
  cache.write row >> table[at];
  op sum_axis(table[at]) >> sum: f32;
  emit sum;
}
block everything { cache.reset table; emit at; }
block fails {
  op fill(value=7.0) >> row: f32[1024];
  cache.write row >> table[at];
  op div(at, 0) >> broken: i32;
  emit broken;
}
block look { op sum_axis(table[at]) >> sum: f32; emit sum; }
)";
  auto s = session_of(kSparse);
  for (const char* at : {"0", "999999999", "17"}) {
    REQUIRE(s->set_value("at", at).ok());
    CHECK(emitted(*s) == "sum = 2048");
  }
  REQUIRE(s->reset().ok());

  SessionOptions options;
  options.entry = "everything";
  auto all = session_of(kSparse, options);
  REQUIRE(all->set_value("at", "0").ok());
  const Diagnostic d = refusal(*all);
  CHECK(d.code == Code::R0006);
  CHECK(render(d, all->model().sources()).find("`table` asks for") != std::string::npos);

  options.entry = "fails";
  auto fails = session_of(kSparse, options);
  REQUIRE(fails->set_value("at", "999999999").ok());
  CHECK(refusal(*fails).code == Code::R0002);  // and undoing takes no longer than the write did
}

TEST_CASE("the caller's limit counts tables as they grow, and a step that passes it is undone") {
  SessionOptions options;
  options.threads = 1;
  options.memory_limit = 4 << 20;  // 1024 rows of 4 KiB, while a copy of them is made: fewer
  auto s = session_of(kGrowing, options);
  REQUIRE(s->set_value("n", "200").ok());
  CHECK(emitted(*s) == "count = 200");
  const auto need = s->need();
  REQUIRE(need.ok());
  CHECK(need->growing >= 200 * 4096);
  CHECK(need->total() <= options.memory_limit);
  CHECK(need->device() == s->bytes_in_use());

  REQUIRE(s->set_value("n", "100000").ok());
  const Diagnostic d = refusal(*s);
  CHECK(d.code == Code::R0009);
  const std::string text = render(d, s->model().sources());
  CHECK(text.find("`log` asks for") != std::string::npos);
  CHECK(text.find("cache.write row >> log[count]") != std::string::npos);
  CHECK(s->bytes_in_use() <= options.memory_limit);
  REQUIRE(s->set_value("n", "1").ok());
  CHECK(emitted(*s) == "count = 201");

  // A single far index asks for everything before it.
  REQUIRE(s->set_value("at", "1000000").ok());
  CHECK(refusal(*s).code == Code::R0009);
  REQUIRE(s->set_value("at", "0").ok());
  CHECK(emitted(*s) == "count = 202");
}

TEST_CASE("the caller's limit counts the plan, and bounded tables whole") {
  SessionOptions options;
  options.memory_limit = 1 << 20;
  constexpr const char* kBounded = R"(
persistent { table(i): f32[1024] @table @fixed(i=300); }
block entry { emit table[0, 0]; }
block other { op fill(value=1.0) >> a: f32[300000]; op sum_axis(a) >> s: f32; emit s; }
)";
  CHECK(session_of(kBounded)->step().ok());
  auto s = session_of(kBounded, options);
  const auto need = s->need();
  REQUIRE(need.ok());
  CHECK(s->fits().error().code == Code::R0009);
  const Diagnostic d = refusal(*s);
  CHECK(d.code == Code::R0009);
  CHECK(s->bytes_in_use() < 1024);  // nothing was taken
  // One figure, and it is the plan's.
  const std::string text = render(d, s->model().sources());
  INFO(text);
  CHECK(text.find("the run needs " + std::to_string(need->total()) + " bytes") != std::string::npos);
  CHECK(text.find("of it: caches 1228800, emissions 4") != std::string::npos);
  CHECK(text.find("`table` takes 1228800 bytes") != std::string::npos);
}

TEST_CASE("persistent memory that no node writes has no copy for a step that fails") {
  SessionOptions options;
  options.memory_limit = 3 << 20;
  auto s = session_of(R"(
persistent { still: f32[524288]; moved: f32[8]; counted: i32; }
block entry {
  op sum_axis(still) >> a: f32;
  op fill(value=1.0) >> row: f32[8];
  cache.write row >> moved;
  cache.increment counted;
  emit a;
}
)",
                      options);
  const auto need = s->need();
  REQUIRE(need.ok());
  CHECK(need->persistent == 524288 * 4 + 32 + 4);
  CHECK(need->undo == 32 + 4);
  CHECK(emitted(*s) == "a = 0");
  CHECK(s->need()->device() == s->bytes_in_use());
}

TEST_CASE("a slice that is longer than memory is named when the run knows its length, with what it takes") {
  if (kThreadSanitizer) {
    WARN("skipped: ThreadSanitizer leaves no such address space");
    return;
  }
  auto s = session_of(R"(
dynamic { n: i32; }
persistent { table(i): f32[1024] @table @fixed(i=10000000000); }
block entry {
  sizes { rows = n; }
  op mul(table[..rows], 2.0) >> part: f32[rows, 1024];
  op sum_axis(part) >> t: f32;
  emit t;
}
)");
  REQUIRE(s->set_value("n", "2000000000").ok());
  const std::string text = render(refusal(*s), s->model().sources());
  INFO(text);
  CHECK(text.find("R0006]: `part` of [2000000000, 1024] takes 8192000000000 bytes (7.5 TiB), there are ") !=
        std::string::npos);
  CHECK(text.find(".graph:6:33") != std::string::npos);
  REQUIRE(s->set_value("n", "2").ok());
  CHECK(emitted(*s) == "t = 0");
}

TEST_CASE("R0006 names what the step writes, not what is only bounded high") {
  auto s = session_of(R"(
dynamic { n: i32; }
persistent { table(i): f32[1024] @table @fixed(i=1000000000); }
volatile { huge: f32[400000, 1000000]; }
block entry {
  sizes { rows = n; }
  op mul(table[..rows], 2.0) >> part: f32[rows, 1024];
  op sum_axis(part) >> t: f32;
  emit t;
  op sum_axis(huge[0]) >> h: f32;
  emit h;
}
)");
  REQUIRE(s->set_value("n", "1").ok());
  const std::string text = render(refusal(*s), s->model().sources());
  INFO(text);
  CHECK(text.find("the run is sure to write 16000000") != std::string::npos);
  CHECK(text.find("`huge` takes 1600000000000 bytes") != std::string::npos);
  CHECK(text.find("`part`") == std::string::npos);
  CHECK(text.find("`table`") == std::string::npos);
}

TEST_CASE("sizes that no input gives can be assumed for a plan") {
  auto s = session_of(R"(
dynamic { x: f32[N, 4]; y: f32[M]; }
block entry { op sum_axis(x, axes=[1]) >> a: f32[N]; emit a; op mul(y, 2.0) >> b: f32[M]; emit b; }
)");
  CHECK(s->need().error().code == Code::I0001);
  std::vector<AssumedSize> assumed;
  REQUIRE(s->need(&assumed).ok());
  REQUIRE(assumed.size() == 2);
  CHECK(assumed[0].name == "N");
  CHECK(assumed[0].input == "x");
  CHECK(assumed[1].name == "M");
  REQUIRE(s->set_value("y", "[1, 2, 3]").ok());
  assumed.clear();
  REQUIRE(s->need(&assumed).ok());
  CHECK(assumed.size() == 1);
}
