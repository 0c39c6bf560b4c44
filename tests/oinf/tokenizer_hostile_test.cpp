// Damaged tokenizers: an error or a tokenizer that works, never a crash (the sanitizers watch).
#include <random>

#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::vector<std::string> kSeeds{
    R"({"added_tokens":[{"id":4,"content":"<x>","special":true,"lstrip":true},{"id":5,"content":" y","normalized":true}],
    "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},
    "content":" "}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":
    "(?i:'s)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"},{"type":"ByteLevel"}]},
    "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>"}},{"Sequence":{"id":"A"}}],
    "special_tokens":{"<x>":{"ids":[4]}}},"decoder":{"type":"ByteLevel"},
    "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"],"unk_token":"a"}})",
    R"({"model":{"type":"WordPiece","unk_token":"[UNK]","max_input_chars_per_word":9,"vocab":{"[UNK]":1,"fox":4,"##es":5}},
    "normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},
    "decoder":{"type":"WordPiece","prefix":"##"},"post_processor":{"type":"BertProcessing","sep":["a",1],"cls":["b",4]}})",
    R"({"model":{"type":"BPE","byte_fallback":true,"fuse_unk":true,"vocab":{"▁":0,"a":1,"▁a":2,"<0x0A>":3},
    "merges":[["▁","a"]]},"normalizer":{"type":"Prepend","prepend":"▁"},"pre_tokenizer":{"type":"Metaspace"},
    "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
    {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}})"};

// Imports, builds and uses what it gets; how far it came.
int use(const std::string& json) {
  auto data = import_tokenizer_json(json);
  if (!data.ok()) return 0;
  const auto tokenizer = Tokenizer::create(std::move(data).value());
  if (!tokenizer.ok()) return 1;
  const auto ids = tokenizer->encode("a<x> foxes\n ab y 123 'S é", {true, true});
  if (!ids.ok()) return 2;
  CHECK(tokenizer->decode(*ids, true).ok());
  return 3;
}

}  // namespace

TEST_CASE("tokenizer hostile: damaged files") {
  std::mt19937 random(5);
  int reached[4] = {};
  for (const std::string& seed : kSeeds)
    for (int i = 0; i < 3000; ++i) {
      std::string json = seed;
      for (uint_fast32_t change = random() % 4; change > 0; --change) {
        const size_t at = random() % json.size(), other = random() % json.size();
        switch (random() % 4) {
          case 0:
            json[at] = static_cast<char>(random());
            break;
          case 1:
            json.erase(at, random() % 20);
            break;
          case 2:
            json.insert(at, json.substr(other, random() % 20));
            break;
          default:
            json[at] = "0123456789{}[]\",:\\-"[random() % 19];
            break;
        }
        if (json.empty()) json = "{";
      }
      ++reached[use(json)];
    }
  // The changes are such that every stage is met.
  for (const int count : reached) CHECK(count > 0);
}

TEST_CASE("tokenizer hostile: any ids decode to UTF-8 or to an error") {
  std::mt19937 random(6);
  for (int i = 0; i < 500; ++i) {
    Ids ids(random() % 50);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 2048);
    const std::string text = decoded(storyteller(), ids, true);
    CHECK(storyteller().encode(text).ok());
  }
}
