// After the first step of a size binding, no token takes memory from the heap or the system.
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"
#include "tests/runtime/allocation_counter.h"

using namespace openinfer;
using namespace openinfer::testing;

TEST_CASE("storyteller's steps after the first take no memory, with a cache that is new or written before") {
  SessionOptions options;
  options.threads = 1;
  const auto session = open_session("", package_of("storyteller"), options);
  REQUIRE(session->set_text("tokens", {"Once upon a time"}).ok());
  REQUIRE(session->set_value("max_new_tokens", "40").ok());
  int tokens = 0;
  const auto taken = [&] {
    tokens = 0;
    const OnEmission count = [&](const Emission&) { return ++tokens > 0; };
    const uint64_t before = test::allocations();
    const Status s = session->step(count);
    const uint64_t after = test::allocations();
    REQUIRE(s.ok());
    return after - before;
  };
  CHECK(taken() > 0);
  for (const bool reset : {true, true, false, false}) {
    INFO((reset ? "after a reset" : "the prompt is in the cache, the tokens behind it are written anew"));
    if (reset) REQUIRE(session->reset().ok());
    CHECK(taken() == 0);
    CHECK(tokens > 10);
  }
}
