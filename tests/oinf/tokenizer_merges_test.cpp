#include <map>
#include <random>

#include "oinf/text/byte_alphabet.h"
#include "oinf/text/merge_table.h"
#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Byte pair encoding as its definition reads: the first merge of the list that occurs, at its leftmost place, again
// and again. For one piece.
Ids naive_bpe(const TokenizerData& data, std::string_view piece) {
  std::vector<std::string> parts;
  for (const char c : piece) parts.push_back(spell_bytes(std::string_view(&c, 1)));
  for (bool merged = true; merged;) {
    merged = false;
    for (const auto& [left, right] : data.merges) {
      for (size_t i = 0; i + 1 < parts.size() && !merged; ++i)
        if (parts[i] == data.vocabulary[left] && parts[i + 1] == data.vocabulary[right]) {
          parts[i] += parts[i + 1];
          parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
          merged = true;
        }
      if (merged) break;
    }
  }
  Ids ids;
  for (const std::string& part : parts) ids.push_back(*storyteller().id_of(part));
  return ids;
}

}  // namespace

TEST_CASE("tokenizer merges: a word has the ids of the definition") {
  std::mt19937 random(2);
  const TokenizerData& data = storyteller().data();
  for (int i = 0; i < 60; ++i) {
    // Letters that often occur, so that there is something to merge; one piece of the pre-tokenizer.
    std::string word(random() % 2, ' ');
    for (size_t left = 1 + random() % 60; left > 0; --left) word.push_back("etaoinshrdlu"[random() % 12]);
    CAPTURE(word);
    CHECK(encoded(storyteller(), word) == naive_bpe(data, word));
  }
}

TEST_CASE("tokenizer merges: the heap and the scan agree") {
  // A random grammar over 12 ids with many overlaps: what one merge makes, another may take.
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    MergeTable table(60);
    std::map<std::pair<int32_t, int32_t>, Merge> merges;
    for (uint32_t rank = 0; rank < 60; ++rank) {
      const auto left = static_cast<int32_t>(random() % 12), right = static_cast<int32_t>(random() % 12);
      const Merge merge{rank, static_cast<int32_t>(random() % 12)};
      table.insert(left, right, merge);
      merges[{left, right}] = merge;
    }
    Ids ids(1 + random() % 100);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 12);
    Ids expected = ids;
    while (true) {
      const Merge* best = nullptr;
      size_t at = 0;
      for (size_t i = 0; i + 1 < expected.size(); ++i) {
        const auto it = merges.find({expected[i], expected[i + 1]});
        if (it != merges.end() && (!best || it->second.rank < best->rank)) {
          best = &it->second;
          at = i;
        }
      }
      if (!best) break;
      expected[at] = best->id;
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    table.apply(ids);
    CHECK(ids == expected);
  }
}

TEST_CASE("tokenizer merges: the table keeps the last merge of a pair and knows no other") {
  MergeTable table(3);
  table.insert(1, 2, {0, 10});
  table.insert(2, 1, {1, 11});
  table.insert(1, 2, {2, 12});
  REQUIRE(table.find(1, 2));
  CHECK(table.find(1, 2)->id == 12);
  CHECK(table.find(2, 1)->id == 11);
  CHECK_FALSE(table.find(1, 1));
  CHECK_FALSE(table.find(-1, -1));
}

TEST_CASE("tokenizer merges: SentencePiece joins by score, and spells unknown characters in bytes") {
  TokenizerData data;
  data.kind = TokenizerKind::sentencepiece_bpe;
  data.vocabulary = {"<unk>", "a", "b", "ab", "ba", "bb", "<0xC3>", "<0xA9>"};
  data.scores = {0, -9, -9, -2, -1, -3, 0, 0};
  data.types = {2, 1, 1, 1, 1, 1, 6, 6};
  data.model_options = R"({"byte_fallback":true,"unk_token":"<unk>"})";
  data.decoder = R"({"type":"ByteFallback"})";
  const auto made = Tokenizer::create(data);
  REQUIRE(made.ok());
  CHECK(encoded(*made, "ab") == Ids{3});
  CHECK(encoded(*made, "aba") == Ids{1, 4});  // ba goes before ab
  CHECK(encoded(*made, "é") == Ids{6, 7});
  CHECK(decoded(*made, {6, 7}) == "é");
  CHECK(encoded(*made, "ü") == Ids{0});  // 0xBC has no token
  CHECK(encoded(*made, "<0xC3>") == Ids{0, 0, 0, 0, 0, 0});
}

TEST_CASE("tokenizer merges: a pair that would make a token which text never gives stays two tokens") {
  TokenizerData data;
  data.vocabulary = {"a", "b", "ab"};
  data.merges = {{0, 1}};
  for (const uint8_t kind : {uint8_t{3}, uint8_t{5}, uint8_t{6}}) {  // control, unused, byte
    data.types = {1, 1, kind};
    auto made = Tokenizer::create(data);
    REQUIRE(made.ok());
    CHECK(encoded(*made, "ab", {false, false}) == Ids{0, 1});
  }
  data.types = {1, 1, 1};
  auto made = Tokenizer::create(data);
  REQUIRE(made.ok());
  CHECK(encoded(*made, "ab", {false, false}) == Ids{2});
}
