#include "runtime/arena.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace openinfer;

TEST_CASE("buffers that are alive together never overlap") {
  const bool held = rc::check([](std::vector<std::tuple<uint16_t, uint8_t, uint8_t>> list) {
    std::vector<ArenaRequest> requests;
    for (const auto& [bytes, a, b] : list) requests.push_back({bytes, std::min(a, b), std::max(a, b), 0});
    const uint64_t size = place_in_arena(requests);
    uint64_t widest = 0;
    for (const ArenaRequest& r : requests) {
      RC_ASSERT(r.offset % 64 == 0);
      RC_ASSERT(r.offset + r.bytes <= size);
      uint64_t together = 0;
      for (const ArenaRequest& o : requests) {
        const bool alive = o.first <= r.first && r.first <= o.last;
        if (alive) together += o.bytes;
        if (&o == &r || !(r.first <= o.last && o.first <= r.last)) continue;
        RC_ASSERT(r.offset + r.bytes <= o.offset || o.offset + o.bytes <= r.offset || r.bytes == 0 || o.bytes == 0);
      }
      widest = std::max(widest, together);
    }
    RC_ASSERT(size >= widest);
  });
  CHECK(held);
}

TEST_CASE("places are used again once their buffers are dead") {
  std::vector<ArenaRequest> chain;
  for (uint32_t i = 0; i < 100; ++i) chain.push_back({1024, i, i + 1, 0});
  CHECK(place_in_arena(chain) == 2048);
}
