#include "oinf/text/tokenizer.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "ir/utf8.h"
#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// The i64 tensor `name` of a safetensors file of this repository.
Ids reference_ids(const std::string& name) {
  const std::string file = read_file(std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller/reference.safetensors");
  uint64_t header = 0;
  std::memcpy(&header, file.data(), sizeof header);
  const auto entry = nlohmann::json::parse(file.substr(8, header)).at(name);
  REQUIRE(entry.at("dtype") == "I64");
  Ids ids;
  for (size_t at = entry.at("data_offsets")[0]; at < entry.at("data_offsets")[1]; at += 8) {
    int64_t id = 0;
    std::memcpy(&id, file.data() + 8 + header + at, sizeof id);
    ids.push_back(static_cast<int32_t>(id));
  }
  return ids;
}

std::string random_text(std::mt19937& random, size_t characters) {
  // Letters and blanks mostly, so that merges happen; every plane of Unicode sometimes.
  std::string text;
  for (size_t i = 0; i < characters; ++i) {
    const unsigned kind = random() % 16;
    if (kind < 10) {
      text.push_back(static_cast<char>('a' + random() % 26));
    } else if (kind < 13) {
      text.push_back(" \n\t .,'"[random() % 7]);
    } else {
      auto code = static_cast<uint32_t>(random() % (kind == 13 ? 0x250u : kind == 14 ? 0x10000u : 0x110000u));
      if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
      append_utf8(text, code);
    }
  }
  return text;
}

void check_round_trip(const std::string& text) { CHECK(decoded(storyteller(), encoded(storyteller(), text)) == text); }

}  // namespace

TEST_CASE("tokenizer: the ids that the model was trained with") {
  const std::string prompt = "The Clever Fox\n\nOnce upon a time there was";
  Ids ids = encoded(storyteller(), prompt);
  CHECK(decoded(storyteller(), ids) == prompt);
  ids.insert(ids.begin(), 0);  // <|begin|>
  CHECK(ids == reference_ids("input_ids"));
  CHECK(encoded(storyteller(), "<|begin|>" + prompt, {true, true}) == ids);
}

TEST_CASE("tokenizer: the model's continuation is text, and encodes to itself") {
  const Ids ids = reference_ids("greedy_ids");
  const std::string text = decoded(storyteller(), ids);
  CHECK_THAT(text, Catch::StartsWith("The Clever Fox\n\nOnce upon a time there was a Cat who had a little son"));
  CHECK_THAT(decoded(storyteller(), ids, true), Catch::StartsWith("<|begin|>The Clever Fox"));
  CHECK(encoded(storyteller(), "<|begin|>" + text, {true, true}) == ids);
}

TEST_CASE("tokenizer: any text comes back") {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, random() % 200);
    CHECK(decoded(storyteller(), encoded(storyteller(), text)) == text);
  }
  CHECK(encoded(storyteller(), "").empty());
}

TEST_CASE("tokenizer: control tokens in plain text are plain text") {
  const Ids plain = encoded(storyteller(), "<|end|>");
  CHECK(plain.size() > 1);
  CHECK(decoded(storyteller(), plain) == "<|end|>");
  CHECK(encoded(storyteller(), "a<|end|>", {true, true}).back() == 1);
  CHECK(storyteller().is_special(1));
  CHECK_FALSE(storyteller().is_special(2));
  CHECK_FALSE(storyteller().is_special(-1));
  CHECK_FALSE(storyteller().is_special(2048));
  CHECK(storyteller().id_of("<|end|>") == 1);
  CHECK_FALSE(storyteller().id_of("no such token").has_value());
}

TEST_CASE("tokenizer: what is no UTF-8 is refused with its offset") {
  for (const std::string bad : {"ab\xFF", "ab\xC3", "ab\xED\xA0\x80", "ab\xC0\x80"}) {
    const auto got = storyteller().encode(bad);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().code == Code::I0007);
    CHECK_THAT(got.error().message, Catch::Contains("offset 2"));
  }
}

TEST_CASE("tokenizer: hostile texts take about linear time") {
  // Quadratic work on a million bytes takes hours: ctest's limit ends it.
  check_round_trip(std::string(1000000, ' '));
  check_round_trip(std::string(1000000, ' ') + "x");
  check_round_trip(std::string(1000000, 'a'));
  check_round_trip(std::string(1000000, '\n'));
  check_round_trip(std::string(1000000, '<'));
}
