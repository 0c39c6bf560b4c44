// After the first step of a size binding, steps take no memory: neither from the heap nor from the system.
#include "tests/runtime/allocation_counter.h"

#include <catch2/catch.hpp>
#include <vector>

#include "graph_session.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

// Allocations of each of some steps.
std::vector<uint64_t> steps(Session& session, int count, bool reset) {
  std::vector<uint64_t> taken;
  taken.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (reset) REQUIRE(session.reset().ok());
    const OnEmission look = [](const Emission&) { return true; };
    const uint64_t before = allocations();
    const Status s = session.step(look);
    const uint64_t after = allocations();
    INFO((s ? std::string() : s.error().message));
    REQUIRE(s.ok());
    taken.push_back(after - before);
  }
  return taken;
}

constexpr const char* kAll = R"(
sizes { ctx = 512; }
dynamic { x: f32[8]; n: i32; rows: i32[k]; scale: f32 @default(0.5); fill: f32[8] @default(2.0); }
volatile { last: f32[8]; }
persistent {
  pos: i32;
  past(t): f32[8] @table @fixed(t=ctx);
  grid(a, b): f32[2] @table @fixed(a=4, b=ctx);
  log(i): f32[8] @table;
}
block entry {
  cache.reset pos;
  loop tokens (i in 0..n) {
    sizes { end = pos + 1; }
    op mul(x, scale) >> y: f32[8];
    cache.write y >> past[pos];
    cache.write y >> log[pos];
    cache.write y[2..4] >> grid[1, pos];
    op max_axis(past[..end], axes=[0]) >> top: f32[8];
    op add(y, top) >> y;
    op gt(y[0], 100.0) >> large: bool;
    branch large grown small;
    op top_k(y, k=3) >> (best: f32[3], order: i32[3]);
    cache.increment pos;
    emit y;
    emit past[..end];
  }
  transfer past[rows] >> some: f32[k, 8];
  op mul(some, 3.0) >> some;
  cache.write some >> past[rows];
  emit some;
}
block grown { op mul(y, 0.5) >> y; op add(y, fill) >> last; }
block small { op add(y[..4], y[4..]) >> half: f32[4]; emit half; }
)";

}  // namespace

TEST_CASE("the counter counts") {
  const uint64_t before = allocations();
  const std::vector<int> small(4), large(1 << 20);
  CHECK(allocations() - before == 2 + 0 * (small.size() + large.size()));
}

TEST_CASE("steps after the first take no memory: slices, branches, caches, gathers, emissions of every size") {
  for (const int threads : {1, 2}) {
    INFO(threads << " threads");
    SessionOptions options;
    options.threads = threads;
    auto s = session_of(kAll, options);
    REQUIRE(s->set_value("x", "[1, 2, 3, 4, 5, 6, 7, 8]").ok());
    REQUIRE(s->set_value("rows", "[5, 17, 3]").ok());
    REQUIRE(s->set_value("n", "300").ok());
    const std::vector<uint64_t> fresh = steps(*s, 3, true);
    CHECK(fresh[0] > 0);
    CHECK(fresh[1] == 0);
    CHECK(fresh[2] == 0);
    // What the steps before wrote is overwritten now, and kept until the step has succeeded.
    const std::vector<uint64_t> again = steps(*s, 3, false);
    CHECK(again[1] == 0);
    CHECK(again[2] == 0);
  }
}

TEST_CASE("two bindings in turn take no memory once each has run") {
  auto s = session_of("dynamic { x: f32[n]; }\nblock entry { op mul(x, 2.0) >> y: f32[n]; emit y; }\n");
  for (int round = 0; round < 3; ++round)
    for (const char* x : {"[1, 2]", "[1, 2, 3]"}) {
      REQUIRE(s->set_value("x", x).ok());
      const uint64_t taken = steps(*s, 1, false)[0];
      CHECK((round == 0 || taken == 0));
    }
}
