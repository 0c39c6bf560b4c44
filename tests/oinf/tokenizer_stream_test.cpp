#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string shown(StreamDecoder& stream, int64_t id) {
  auto text = stream.push(id);
  REQUIRE(text.ok());
  return *text;
}

// The id of each byte's own token.
Ids byte_ids(std::string_view bytes) {
  Ids ids;
  static const Tokenizer tokenizer = [] {
    TokenizerData data = storyteller().data();
    data.merges.clear();
    return std::move(Tokenizer::create(std::move(data))).value();
  }();
  // Encoding wants UTF-8, so each byte is found as a part of a character that has it.
  for (const char c : bytes) {
    std::string text(1, c);
    size_t part = 0;
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xF0) {
      text += "\x90\x80\x80";
    } else if (byte >= 0xE0) {
      text += "\xA0\x80";
    } else if (byte >= 0xC0) {
      text += "\x80";
    } else if (byte >= 0x80) {
      text = std::string("\xC3") + c;
      part = 1;
    }
    ids.push_back(encoded(tokenizer, text)[part]);
  }
  return ids;
}

}  // namespace

TEST_CASE("tokenizer stream: half a character waits for the rest") {
  StreamDecoder stream(storyteller());
  const Ids ids = byte_ids("a\xF0\x9F\xA6\x8A!");  // a fox
  CHECK(shown(stream, ids[0]) == "a");
  CHECK(shown(stream, ids[1]).empty());
  CHECK(shown(stream, ids[2]).empty());
  CHECK(shown(stream, ids[3]).empty());
  CHECK(shown(stream, ids[4]) == "🦊");
  CHECK(shown(stream, ids[5]) == "!");
  CHECK(stream.finish().empty());
}

TEST_CASE("tokenizer stream: what stays unfinished is one replacement character") {
  StreamDecoder stream(storyteller());
  for (const int32_t id : byte_ids("\xF0\x9F\xA6")) CHECK(shown(stream, id).empty());
  CHECK(stream.finish() == "\uFFFD");
  CHECK(stream.finish().empty());
  CHECK(decoded(storyteller(), byte_ids("\xC3")) == "\uFFFD");
}

TEST_CASE("tokenizer stream: bytes that can be no character are replaced at once") {
  CHECK(decoded(storyteller(), byte_ids("\x80z")) == "\uFFFDz");
  CHECK(decoded(storyteller(), byte_ids("\xC3z")) == "\uFFFDz");
  CHECK(decoded(storyteller(), byte_ids("\xE2\x82z")) == "\uFFFDz");  // the beginning of a euro sign
  CHECK(decoded(storyteller(), byte_ids("\xE2\xC3\xA9")) == "\uFFFDé");
  CHECK(decoded(storyteller(), byte_ids("\xF0\x9F\xF0")) == "\uFFFD\uFFFD");
}

TEST_CASE("tokenizer stream: special tokens and ids below 0 show nothing") {
  const Ids fox = encoded(storyteller(), "fox");
  Ids ids{0, -1};
  ids.insert(ids.end(), fox.begin(), fox.end());
  ids.push_back(1);
  CHECK(decoded(storyteller(), ids) == "fox");
  CHECK(decoded(storyteller(), ids, true) == "<|begin|>fox<|end|>");
  // They do not break a character either.
  const Ids e = byte_ids("é");
  CHECK(decoded(storyteller(), {e[0], 1, -1, e[1]}) == "é");
}

TEST_CASE("tokenizer stream: an id outside the vocabulary is an error and changes nothing") {
  StreamDecoder stream(storyteller());
  const Ids e = byte_ids("é");
  CHECK(shown(stream, e[0]).empty());
  for (const int64_t id : {int64_t{2048}, INT64_MAX, int64_t{1} << 32}) {
    const auto got = stream.push(id);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().code == Code::R0001);
  }
  CHECK(shown(stream, e[1]) == "é");
}

TEST_CASE("tokenizer stream: pieces together are the whole") {
  const std::string text = "Zwölf Boxkämpfer jagten — 12 狐 🦊🦊 über den Sylter Deich.";
  const Ids ids = encoded(storyteller(), text);
  StreamDecoder stream(storyteller());
  std::string together;
  for (const int32_t id : ids) together += shown(stream, id);
  CHECK(together + stream.finish() == text);
}
