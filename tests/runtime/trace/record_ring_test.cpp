#include "runtime/trace/record_ring.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace openinfer;

TEST_CASE("records of all lengths arrive whole and in order while both sides run") {
  RecordRing ring;
  constexpr uint64_t kRecords = 20000;
  const auto length = [](uint64_t i) { return 1 + i * 7919 % 257 + (i % 5000 == 4999 ? RecordRing::kChunkWords : 0); };
  std::thread writer([&] {
    for (uint64_t i = 0; i < kRecords; ++i) {
      const auto words = ring.reserve(length(i));
      for (size_t k = 0; k < words.size(); ++k) words[k] = i * 1000003 + k;
      ring.commit(words.size());
    }
    ring.close();
  });
  uint64_t next = 0, wrong = 0;
  for (bool ended = false; !ended;) {
    auto words = ring.read(5, ended);
    while (!words.empty()) {
      const size_t size = length(next);
      REQUIRE(words.size() >= size);
      for (size_t k = 0; k < size; ++k) wrong += words[k] != next * 1000003 + k ? 1 : 0;
      words = words.subspan(size);
      ++next;
    }
  }
  writer.join();
  CHECK(next == kRecords);
  CHECK(wrong == 0);
}
