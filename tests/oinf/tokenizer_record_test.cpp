#include "oinf/tokenizer_record.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "example_package.h"
#include "temporary_folder.h"

using namespace openinfer;
using namespace openinfer::testing;

TEST_CASE("a tokenizer is kept whole") {
  CHECK(*read_tokenizer(write_tokenizer(example_tokenizer())) == example_tokenizer());
  CHECK(*read_tokenizer(write_tokenizer({})) == TokenizerData{});
}

TEST_CASE("a tokenizer's record that is cut is refused") {
  const auto good = write_tokenizer(example_tokenizer());
  for (size_t size = 0; size < good.size(); ++size)
    if (code_of(read_tokenizer(std::span(good).first(size))) != "P0025") FAIL("cut at " << size);
  auto longer = good;
  longer.resize(good.size() + 8);
  CHECK(code_of(read_tokenizer(longer)) == "P0025");
}

TEST_CASE("a tokenizer's record with any bit flipped is read or refused, never worse") {
  const auto good = write_tokenizer(example_tokenizer());
  size_t refused = 0;
  for (size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto bytes = good;
      bytes[at] ^= static_cast<std::byte>(1 << bit);
      const auto t = read_tokenizer(bytes);
      refused += !t.ok();
      if (!t.ok()) continue;
      for (const auto& [left, right] : t->merges) CHECK((left < t->vocabulary.size() && right < t->vocabulary.size()));
    }
  CHECK(refused > 500);
}

TEST_CASE("counts of a tokenizer's record are not believed") {
  const auto good = write_tokenizer(example_tokenizer());
  for (size_t at = 0; at + 8 <= good.size(); at += 8)
    for (const uint64_t count : {uint64_t{1} << 32, uint64_t{1} << 61, uint64_t{1} << 62, UINT64_MAX}) {
      auto bytes = good;
      std::memcpy(bytes.data() + at, &count, 8);
      (void)read_tokenizer(bytes);  // must return, and not by way of the allocator
    }
  auto bytes = good;
  const uint64_t huge = uint64_t{1} << 62;
  std::memcpy(bytes.data() + 8, &huge, 8);
  CHECK(code_of(read_tokenizer(bytes)) == "P0025");
}
