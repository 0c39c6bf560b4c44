// The API: steps that fail, steps that are ended, memory that is what the plan says.
#include <catch2/catch.hpp>
#include <thread>

#include "graph_session.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

constexpr const char* kLog = R"(
dynamic { x: f32[2]; at: i32; fail: i32 @default(0); }
persistent {
  count: i32 @init(10);
  last: f32[2] @init(-1.0);
  log(t): f32[2] @table @fixed(t=4);
}
block entry {
  cache.increment count;
  cache.write x >> last;
  cache.write x >> log[at];
  op div(at, fail) >> broken: i32;      // an integer division by zero stops the step here
  emit count;
  emit last;
  emit log;
}
block show {
  emit count;
  emit last;
  emit log;
}
)";

}  // namespace

TEST_CASE("a failed step leaves persistent memory as it was") {
  auto s = session_of(kLog);
  const auto give = [&](const char* x, const char* at, const char* fail) {
    REQUIRE(s->set_value("x", x).ok());
    REQUIRE(s->set_value("at", at).ok());
    REQUIRE(s->set_value("fail", fail).ok());
  };
  give("[1, 2]", "0", "1");
  const std::string first = emitted(*s);
  CHECK(first == "count = 11; last = [1, 2]; log = [[1, 2], [0, 0], [0, 0], [0, 0]]");

  // Overwrites a cell that exists, one that is new, and fails: twice, since the second rollback starts from the first.
  for (int i = 0; i < 2; ++i) {
    give("[7, 8]", i == 0 ? "0" : "2", "0");
    const Status failed = s->step();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.error().code == Code::R0002);
  }
  give("[1, 2]", "0", "1");
  CHECK(emitted(*s) == "count = 12; last = [1, 2]; log = [[1, 2], [0, 0], [0, 0], [0, 0]]");

  REQUIRE(s->reset().ok());
  give("[3, 4]", "3", "1");
  CHECK(emitted(*s) == "count = 11; last = [3, 4]; log = [[0, 0], [0, 0], [0, 0], [3, 4]]");
}

TEST_CASE("a step that fails after it has overwritten much leaves every kind of table as it was") {
  auto s = session_of(R"(
dynamic { n: i32; v: f32; fail: i32; }
persistent {
  past(t): f32[16] @table @fixed(t=3000);
  grid(a, b): f32[16] @table @fixed(a=2, b=3000);
  log(i): f32[16] @table;
  whole: f32[16];
}
block entry {
  op mul(v, 1.0) >> one: f32;
  op fill(value=1.0) >> row: f32[16];
  op mul(row, one) >> row;
  loop l (i in 0..n) {
    sizes { back = n - 1 - i; }
    cache.write row >> past[i];
    cache.write row >> grid[1, back];
    cache.write row >> log[i];
  }
  cache.write row >> whole;
  op div(n, fail) >> broken: i32;
  op sum_axis(past) >> a: f32;
  op sum_axis(grid) >> b: f32;
  op sum_axis(log) >> c: f32;
  op sum_axis(whole) >> d: f32;
  emit a; emit b; emit c; emit d;
}
)");
  const auto give = [&](const char* n, const char* v, const char* fail) {
    REQUIRE(s->set_value("n", n).ok());
    REQUIRE(s->set_value("v", v).ok());
    REQUIRE(s->set_value("fail", fail).ok());
  };
  give("2000", "1", "1");
  const std::string before = emitted(*s);
  CHECK(before == "a = 32000; b = 32000; c = 32000; d = 16");
  for (const char* n : {"3000", "2000", "100"}) {
    give(n, "7", "0");
    REQUIRE_FALSE(s->step().ok());
    give("0", "1", "1");
    CHECK(emitted(*s) == before);
  }
  CHECK(s->need()->device() == s->bytes_in_use());
}

TEST_CASE("an index past a table's bound names node, index and bound, and nothing is written") {
  auto s = session_of(kLog);
  REQUIRE(s->set_value("x", "[1, 2]").ok());
  REQUIRE(s->set_value("at", "4").ok());
  REQUIRE(s->set_value("fail", "1").ok());
  const Status failed = s->step();
  REQUIRE_FALSE(failed.ok());
  const std::string text = render(failed.error(), s->model().sources());
  INFO(text);
  CHECK(failed.error().code == Code::R0001);
  CHECK(text.find("index 4") != std::string::npos);
  CHECK(text.find("has 4") != std::string::npos);
  CHECK(text.find("cache.write x >> log[at]") != std::string::npos);
  REQUIRE(s->set_value("at", "1").ok());
  CHECK(emitted(*s) == "count = 11; last = [1, 2]; log = [[0, 0], [1, 2], [0, 0], [0, 0]]");
}

TEST_CASE("the caller may end a step at an emission, and what was written until then stays") {
  auto s = session_of(R"(
persistent { n: i32; }
block entry {
  loop l (i in 0..100) {
    cache.increment n;
    emit n;
  }
}
)");
  int seen = 0;
  REQUIRE(s->step([&](const Emission&) { return ++seen < 3; }).ok());
  CHECK(seen == 3);
  std::string first;
  REQUIRE(s->step([&](const Emission& e) {
             first = std::to_string(*e.value.as<int32_t>());
             return false;
           }).ok());
  CHECK(first == "4");
}

TEST_CASE("cancel ends the step with C0001 and rolls back") {
  auto s = session_of(R"(
persistent { n: i32; }
block entry {
  cache.increment n;
  emit n;
  loop for_ever (i in 0..1000000000000) { cache.increment n; }
}
block look { emit n; }
)");
  std::thread other;
  const Status status = s->step([&](const Emission&) {
    other = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      s->cancel();
    });
    return true;
  });
  other.join();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Code::C0001);
  int value = -1;
  REQUIRE(s->step([&](const Emission& e) {
             value = *e.value.as<int32_t>();
             return false;
           }).ok());
  CHECK(value == 1);
}

TEST_CASE("what the plan says is what the device holds") {
  for (const char* n : {"1", "64", "1000"}) {
    SessionOptions options;
    options.threads = 1;
    auto s = session_of(R"(
sizes { rows ?= 4; }
dynamic { x: f32[n]; }
volatile { keep: f32[n]; }
persistent { table(t): f32[rows] @table @fixed(t=100); state: f32[3, 5]; }
block entry {
  op add(x, 1.0) >> a: f32[n];
  op mul(a, a) >> b: f32[n];
  op sqrt(b) >> c: f32[n];
  op add(a, c) >> keep;
  op sum_axis(keep) >> total: f32;
  emit total;
  emit table;
  emit state;
}
)",
                        options);
    Shape shape{std::stol(n)};
    auto x = HostTensor::zeros(DType::f32, shape);
    REQUIRE(x.ok());
    REQUIRE(s->set("x", std::move(*x)).ok());
    const auto need = s->need();
    REQUIRE(need.ok());
    REQUIRE(s->step().ok());
    CHECK(need->weights == 0);
    CHECK(need->device() == s->bytes_in_use());
    CHECK(need->undo == 0);  // nothing writes what lives on
    CHECK(need->inputs == static_cast<uint64_t>(shape[0]) * 4);
    CHECK(need->persistent == 100 * 4 * 4 + 3 * 5 * 4);
    // x and keep live all step, a and b at the same time; c takes b's place, which dies where c begins.
    const uint64_t row = (static_cast<uint64_t>(shape[0]) * 4 + 63) / 64 * 64;
    CHECK(need->arena >= 4 * row);
    CHECK(need->arena <= 4 * row + 4 * 64);
  }
}

TEST_CASE("inputs that do not fit are refused with their own codes") {
  auto s = session_of(R"(
dynamic { x: f32[n, 3]; y: f32[n]; s: i32 @default(2); temperature: f32 @default(1.0); }
block entry {
  op sum_axis(x, axes=[1]) >> a: f32[n];
  op add(a, y) >> a;
  emit a;
  emit s;
  op mul(temperature, 0.0) >> unused: f32;
}
)");
  const auto code = [&](const Status& status) {
    return status.ok() ? std::string("ok") : std::string(code_name(status.error().code));
  };
  CHECK(code(s->step()) == "I0001");
  CHECK(code(s->set_value("z", "1")) == "I0002");
  CHECK(s->set_value("temperatur", "1").error().help == "did you mean `temperature`?");
  CHECK(code(s->set_value("x", "[[1, 2, 3], [4, 5, 6]]")) == "ok");
  CHECK(code(s->set_value("y", "[1, 2, 3]")) == "ok");
  CHECK(code(s->step()) == "I0004");
  CHECK(code(s->set_value("y", "[1, 2]")) == "ok");
  CHECK(emitted(*s) == "a = [7, 17]; s = 2");
  CHECK(code(s->set_value("s", "2.5")) == "I0005");
  auto wrong = HostTensor::zeros(DType::i32, Shape{2});
  CHECK(code(s->set("y", std::move(*wrong))) == "I0003");
  CHECK(code(s->read("nothing").ok() ? Status() : Status(s->read("nothing").error())) == "I0008");
  // Other sizes: another plan, and back.
  CHECK(code(s->set_value("x", "[[1, 1, 1]]")) == "ok");
  CHECK(code(s->set_value("y", "[0]")) == "ok");
  CHECK(emitted(*s) == "a = [3]; s = 2");
}

TEST_CASE("a number that only the run knows must fit the type it is taken as") {
  // What the arithmetic of sizes gives, beside an operand of a narrower type.
  auto loop = session_of(
      "dynamic { u: u8[1]; from: i64; to: i64; }\n"
      "block entry { loop a (i in from..to) { op add(u, i) >> y: u8[1]; emit y; } }\n");
  REQUIRE(loop->set_value("u", "[0]").ok());
  REQUIRE(loop->set_value("from", "254").ok());
  REQUIRE(loop->set_value("to", "256").ok());
  CHECK(emitted(*loop) == "y = [254]; y = [255]");
  REQUIRE(loop->set_value("to", "257").ok());
  const Status past = loop->step();
  REQUIRE_FALSE(past.ok());
  CHECK(past.error().code == Code::R0001);
  CHECK(past.error().message == "256 does not fit u8");
  CHECK(past.error().span.valid());
  REQUIRE_FALSE(past.error().notes.empty());
  CHECK(past.error().notes[0].message.find("(add)") != std::string::npos);

  // Known before the run, and no error unless the run comes by it.
  auto sized = session_of(
      "dynamic { x: i8[N]; go: bool; }\n"
      "block entry { branch go times; emit N; }\nblock times { op add(x, N * 100) >> y: i8[N]; emit y; }\n");
  REQUIRE(sized->set_value("x", "[0, 0]").ok());
  REQUIRE(sized->set_value("go", "false").ok());
  CHECK(emitted(*sized) == "N = 2");
  REQUIRE(sized->set_value("go", "true").ok());
  const Status wrapped = sized->step();
  REQUIRE_FALSE(wrapped.ok());
  CHECK(wrapped.error().code == Code::R0001);
  CHECK(wrapped.error().message == "200 does not fit i8");
  REQUIRE(sized->set_value("x", "[1]").ok());
  CHECK(emitted(*sized) == "y = [101]; N = 1");
}

TEST_CASE("a number of threads that there cannot be is refused") {
  Report report;
  const auto model = Model::open({graph_file("block entry { op fill(value=1) >> x: i32; emit x; }\n"), ""}, report);
  REQUIRE(model);
  for (const int threads : {-3, 257, 100000}) {
    Report refused;
    SessionOptions options;
    options.threads = threads;
    CHECK_FALSE(Session::create(model, options, refused));
    REQUIRE(refused.diagnostics.size() == 1);
    CHECK(refused.diagnostics[0].code == Code::U0001);
  }
}

TEST_CASE("cancel between two steps does nothing") {
  auto s = session_of("block entry { op fill(value=1) >> x: i32; emit x; }\n");
  s->cancel();
  CHECK(emitted(*s) == "x = 1");
}
