// tokenizer.model files, and the unigram model, against the ids of the sentencepiece library
// (tests/data/tokenizers/make.py).
#include <nlohmann/json.hpp>

#include "ir/utf8.h"
#include "oinf/text/precompiled_map.h"
#include "oinf/text/sentencepiece_model.h"
#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::string kFolder = std::string(OPENINFER_SOURCE_DIR) + "/tests/data/tokenizers/";

Tokenizer from_model(const std::string& name) {
  auto data = import_sentencepiece_model(read_file(kFolder + name + ".model"));
  INFO((data.ok() ? std::string() : data.error().message));
  REQUIRE(data.ok());
  auto made = Tokenizer::create(std::move(data).value());
  INFO((made.ok() ? std::string() : made.error().message));
  REQUIRE(made.ok());
  return std::move(made).value();
}

std::string unigram_json(const std::string& more) {
  return R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-2],["b",-2],["ab",-3],["abc",-9],["c",-1]])" +
         more + "}}";
}

}  // namespace

TEST_CASE("sentencepiece: ids and texts are those of the library") {
  const auto expected = nlohmann::json::parse(read_file(kFolder + "expected.json"));
  size_t texts = 0;
  for (const auto& [name, cases] : expected.items()) {
    const Tokenizer tokenizer = from_model(name);
    for (const auto& one : cases) {
      INFO(name << ": " << one["text"].dump());
      const Ids ids = one["ids"].get<Ids>();
      CHECK(encoded(tokenizer, one["text"].get<std::string>()) == ids);
      // The library shows an unknown character as U+2047 between blanks, where this shows the token.
      if (std::find(ids.begin(), ids.end(), 0) == ids.end())
        CHECK(decoded(tokenizer, ids) == one["back"].get<std::string>());
      ++texts;
    }
  }
  CHECK(texts >= 60);
}

TEST_CASE("sentencepiece: a unigram model takes the likeliest way to cut a text") {
  const Tokenizer plain = tokenizer_from(unigram_json(""));
  CHECK(encoded(plain, "ab") == Ids{3});
  CHECK(encoded(plain, "abc") == Ids{3, 5});
  CHECK(encoded(plain, "cba") == Ids{5, 2, 1});
  CHECK(encoded(plain, "axyb") == Ids{1, 0, 2});  // unknown neighbours are one token
  const Tokenizer bytes = tokenizer_from(
      R"({"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,
          "vocab":[["<unk>",0],["a",-2],["<0xC3>",0],["<0xA9>",0]]}})");
  CHECK(encoded(bytes, "aé") == Ids{1, 2, 3});
  CHECK(encoded(bytes, "aü") == Ids{1, 0});
  const auto none = tokenizer_from(R"({"model":{"type":"Unigram","vocab":[["a",-2]]}})").encode("x");
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == Code::I0009);
}

TEST_CASE("sentencepiece: damaged models are refused, whatever byte is damaged") {
  const std::string good = read_file(kFolder + "unigram_bare.model");
  for (size_t size = 0; size < good.size(); size += 7) {
    const auto cut = import_sentencepiece_model(std::string_view(good).substr(0, size));
    if (!cut.ok()) CHECK((cut.error().code == Code::P0025 || cut.error().code == Code::P0024));
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xFF);
    auto data = import_sentencepiece_model(bad);
    if (data.ok()) static_cast<void>(Tokenizer::create(std::move(data).value()));
  }
  CHECK(import_sentencepiece_model("").error().code == Code::P0025);
  CHECK(import_sentencepiece_model("\x0a\xff\xff\xff\xff\x7f").error().code == Code::P0025);
}

TEST_CASE("sentencepiece: damaged maps of characters are refused or lead nowhere") {
  CHECK(PrecompiledMap::create("").error().code == Code::P0025);
  CHECK(PrecompiledMap::create(std::string("\x08\0\0\0\1\2\3\4", 8)).error().code == Code::P0025);
  CHECK(PrecompiledMap::create(std::string("\x04\0\0\0\1\2\3\4text", 12)).error().code == Code::P0025);
  std::string units("\x10\0\0\0", 4);
  for (int seed = 1; seed < 2000; ++seed) {
    std::string bytes = units;
    uint32_t state = static_cast<uint32_t>(seed) * 2654435761u;
    for (int i = 0; i < 16; ++i) {
      state = state * 1664525u + 1013904223u;
      bytes.push_back(static_cast<char>(state >> 24));
    }
    bytes += std::string("x\0", 2);
    const auto map = PrecompiledMap::create(bytes);
    REQUIRE(map.ok());
    CHECK(first_not_utf8(map->apply("abc é 中 🦊\x7f")) == std::string_view::npos);
  }
}
