// Attributes that only the run gives keep the ranges of ops.json, whichever op and kernel it is.
#include <catch2/catch.hpp>

#include "graph_session.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

struct Case {
  const char *node, *type, *good, *bad, *message;
};

constexpr Case kCases[] = {
    {"op rms_norm(x, w, eps=v) >> y: f32[1, 4]", "f32", "0.1", "-0.5",
     "`eps` of `rms_norm` must be at least 0, not -0.5"},
    {"op layer_norm(x, w, eps=v) >> y: f32[1, 4]", "f32", "0", "nan",
     "`eps` of `layer_norm` must be at least 0, not nan"},
    {"op sample(x, 7, 0, temperature=v) >> y: i32[1]", "f32", "0", "-1",
     "`temperature` of `sample` must be at least 0, not -1"},
    {"op sample(x, 7, 0, top_p=v) >> y: i32[1]", "f32", "1", "1.5",
     "`top_p` of `sample` must be above 0 and at most 1, not 1.5"},
    {"op sample(x, 7, 0, top_k=v) >> y: i32[1]", "i32", "2", "-2", "`top_k` of `sample` must be at least 0, not -2"},
    {"op repetition_penalty(x, ids, penalty=v) >> y: f32[1, 4]", "f32", "1.5", "0",
     "`penalty` of `repetition_penalty` must be above 0, not 0"},
    {"op attention(q, q, q, window=v) >> y: f32[2, 4]", "i32", "1", "-1",
     "`window` of `attention` must be at least 0, not -1"},
    {"op attention(q, q, q, softcap=v) >> y: f32[2, 4]", "f32", "5", "-5",
     "`softcap` of `attention` must be at least 0, not -5"},
};

}  // namespace

TEST_CASE("a run-time attribute outside its range is R0005 with op, attribute, value, range and line") {
  for (const Case& c : kCases) {
    INFO(c.node);
    auto s =
        session_of("dynamic { x: f32[1, 4]; q: f32[2, 1, 4]; w: f32[4]; ids: i32[2]; v: " + std::string(c.type) +
                   "; }\nblock entry {\n  op add(x, 0.0) >> x0: f32[1, 4];\n  " + c.node +
                   ";\n  emit y;\n  op sum_axis(x0) >> a: f32; op sum_axis(q) >> b: f32; op sum_axis(w) >> c: f32; "
                   "op sum_axis(ids) >> d: i32;\n}\n");
    for (const char* input : {"x", "q", "w", "ids"}) REQUIRE(s->set_value(input, "1").ok());
    REQUIRE(s->set_value("v", c.good).ok());
    const Status good = s->step();
    INFO((good ? std::string() : good.error().message));
    CHECK(good.ok());
    REQUIRE(s->set_value("v", c.bad).ok());
    const Status bad = s->step();
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().code == Code::R0005);
    CHECK(bad.error().message == c.message);
    CHECK(render(bad.error(), s->model().sources()).find(".graph:4:3") != std::string::npos);
  }
}

TEST_CASE("a size that the run computes keeps the range too") {
  auto s = session_of(R"(
dynamic { x: f32[n, 1, 4]; k: i32; }
block entry {
  sizes { w = k - 3; }
  op attention(x, x, x, window=w) >> y: f32[n, 4];
  emit y;
}
block shape { op attention(x, x, x, window=n - 3) >> y: f32[n, 4]; emit y; }
)");
  REQUIRE(s->set_value("x", "[[[1, 2, 3, 4]], [[1, 2, 3, 4]]]").ok());
  REQUIRE(s->set_value("k", "4").ok());
  CHECK(s->step().ok());
  REQUIRE(s->set_value("k", "1").ok());
  const Status bad = s->step();
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message == "`window` of `attention` must be at least 0, not -2");
}

TEST_CASE("a size that the inputs give keeps the range before anything runs") {
  SessionOptions options;
  options.entry = "entry";
  auto s = session_of(R"(
dynamic { x: f32[n, 1, 4]; }
block entry { op attention(x, x, x, window=n - 3) >> y: f32[n, 4]; emit y; }
)",
                      options);
  REQUIRE(s->set_value("x", "[[[1, 2, 3, 4]], [[1, 2, 3, 4]]]").ok());
  const Status bad = s->step();
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().code == Code::R0005);
  CHECK(bad.error().message == "`window` of `attention` must be at least 0, not -1");
}
