// After the first step of a size binding, tokens, loops and table writes take no memory.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "graph_session.h"

namespace {
std::atomic<uint64_t> allocations{0};
}

// Counts every allocation of this test binary.
void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(bytes ? bytes : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("iterations after the first allocate nothing") {
  SessionOptions options;
  options.threads = 1;
  auto s = session_of(R"(
sizes { ctx = 512; }
dynamic { x: f32[8]; }
persistent { pos: i32; past(t): f32[8] @table @fixed(t=ctx); }
block entry {
  cache.reset pos;
  loop tokens (i in 0..400) {
    sizes { end = pos + 1; }
    op mul(x, 0.5) >> y: f32[8];
    cache.write y >> past[pos];
    op max_axis(past[..end], axes=[0]) >> top: f32[8];
    op add(x, top) >> y;
    cache.increment pos;
    emit y;
  }
}
)");
  REQUIRE(s->set_value("x", "[1, 2, 3, 4, 5, 6, 7, 8]").ok());
  REQUIRE(s->step().ok());
  uint64_t before = 0, after = 0;
  int n = 0;
  REQUIRE(s->step([&](const Emission&) {
             (n == 0 ? before : after) = allocations.load();
             ++n;
             return true;
           }).ok());
  CHECK(n == 400);
  CHECK(after - before == 0);
}
