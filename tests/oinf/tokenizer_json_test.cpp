#include "oinf/text/tokenizer_json.h"

#include <catch2/catch.hpp>
#include <string>

using namespace openinfer;

namespace {

const std::string kByteLevel = R"("pre_tokenizer":{"type":"ByteLevel"})";

std::string with_model(const std::string& model, const std::string& rest = kByteLevel) {
  return R"({"model":)" + model + (rest.empty() ? "" : "," + rest) + "}";
}

void refused(const std::string& json, Code code, const std::string& why) {
  CAPTURE(json.substr(0, 200));
  const Result<TokenizerData> got = import_tokenizer_json(json);
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code == code);
  CHECK_THAT(got.error().message, Catch::Contains(why));
}

void malformed(const std::string& json, const std::string& why) { refused(json, Code::P0025, why); }

}  // namespace

TEST_CASE("tokenizer.json: a small byte-level model comes over whole") {
  const auto got = import_tokenizer_json(with_model(
      R"({"type":"BPE","unk_token":null,"ignore_merges":true,"vocab":{"a":0,"b":1,"ab":2,"abb":4},
          "merges":["a b",["ab","b"]]})",
      kByteLevel +
          R"(,"added_tokens":[{"id":5,"content":"<x>","special":true,"lstrip":true}],"decoder":{"type":"ByteLevel"})"));
  REQUIRE(got.ok());
  CHECK(got->kind == TokenizerKind::byte_bpe);
  CHECK(got->vocabulary == std::vector<std::string>{"a", "b", "ab", "", "abb", "<x>"});
  CHECK(got->merges == std::vector<std::pair<uint32_t, uint32_t>>{{0, 1}, {2, 1}});
  REQUIRE(got->added.size() == 1);
  CHECK(got->added[0] == AddedToken{5, "<x>", true, false, true, false, false});
  CHECK(got->model_options == R"({"ignore_merges":true})");
  CHECK(got->pre_tokenizer == R"({"type":"ByteLevel"})");
  CHECK(got->decoder == R"({"type":"ByteLevel"})");
  CHECK(got->normalizer.empty());
  CHECK(got->scores.empty());
}

TEST_CASE("tokenizer.json: the kind follows the model and its components") {
  CHECK(import_tokenizer_json(with_model(R"({"type":"BPE","vocab":{"a":0}})", ""))->kind ==
        TokenizerKind::sentencepiece_bpe);
  CHECK(
      import_tokenizer_json(
          with_model(R"({"vocab":{"a":0},"merges":[]})",
                     R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]})"))
          ->kind == TokenizerKind::byte_bpe);
  CHECK(import_tokenizer_json(with_model(R"({"type":"WordPiece","vocab":{"a":0}})", ""))->kind ==
        TokenizerKind::wordpiece);
  const auto unigram = import_tokenizer_json(with_model(R"({"type":"Unigram","vocab":[["a",-1],["b",-2.5]]})", ""));
  REQUIRE(unigram.ok());
  CHECK(unigram->kind == TokenizerKind::unigram);
  CHECK(unigram->scores == std::vector<float>{-1.0F, -2.5F});
  refused(with_model(R"({"type":"WordLevel","vocab":{"a":0}})"), Code::P0024, "WordLevel");
}

TEST_CASE("tokenizer.json: what is not supported is named") {
  refused(with_model(R"({"type":"BPE","dropout":0.1,"vocab":{"a":0}})"), Code::P0024, "dropout");
  refused(with_model(R"({"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0}})"), Code::P0024,
          "continuing_subword_prefix");
}

TEST_CASE("tokenizer.json: hostile files are refused") {
  malformed("", "not valid JSON");
  malformed("{", "not valid JSON");
  malformed("[]", "must be an object");
  malformed("{}", "`model`");
  malformed("{\"model\":\"\xFF\"}", "not valid JSON");
  malformed(std::string(1000000, '['), "nests deeper");
  malformed(std::string(100, '[') + std::string(100, ']'), "nests deeper");
  malformed(with_model(R"({"type":7,"vocab":{"a":0}})"), "`type` must be a string");
  malformed(with_model(R"({"vocab":{"a":0}})"), "no type");
  malformed(with_model(R"({"type":"BPE"})"), "`vocab`");
  malformed(with_model(R"({"type":"BPE","vocab":[]})"), "must be an object");
  malformed(with_model(R"({"type":"BPE","vocab":{}})"), "empty");
  malformed(with_model(R"({"type":"Unigram","vocab":{"a":0}})"), "must be a list");
  malformed(with_model(R"({"type":"Unigram","vocab":[["a"]]})"), "pairs");
  malformed(with_model(R"({"type":"Unigram","vocab":[["a",0],["a",1]]})"), "twice");
}

TEST_CASE("tokenizer.json: ids are checked") {
  malformed(with_model(R"({"type":"BPE","vocab":{"a":-1}})"), "whole number");
  malformed(with_model(R"({"type":"BPE","vocab":{"a":0.5}})"), "whole number");
  malformed(with_model(R"({"type":"BPE","vocab":{"a":"0"}})"), "whole number");
  malformed(with_model(R"({"type":"BPE","vocab":{"a":4000000000}})"), "past the vocabulary");
  malformed(with_model(R"({"type":"BPE","vocab":{"a":18446744073709551615}})"), "past the vocabulary");
  malformed(with_model(R"({"type":"BPE","vocab":{"a":1,"b":1}})"), "two tokens");
}

TEST_CASE("tokenizer.json: added tokens are checked") {
  const auto added = [](const std::string& token) {
    return with_model(R"({"type":"BPE","vocab":{"a":0}})", kByteLevel + R"(,"added_tokens":)" + token);
  };
  malformed(added(R"({})"), "`added_tokens` must be a list");
  malformed(added(R"([{"id":1}])"), "no content");
  malformed(added(R"(["x"])"), "no content");
  malformed(added(R"([{"content":"x"}])"), "no id");
  malformed(added(R"([{"id":4194304,"content":"x"}])"), "past the vocabulary");
  malformed(added(R"([{"id":0,"content":"x"}])"), "is `a` and the added token `x`");
  malformed(added(R"([{"id":1,"content":"x"},{"id":1,"content":"x"}])"), "two added tokens");
  malformed(added(R"([{"id":1,"content":"x","special":1}])"), "`special` must be true or false");
}

TEST_CASE("tokenizer.json: merges are checked") {
  const auto merges = [](const std::string& list) {
    return with_model(R"({"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":)" + list + "}");
  };
  CHECK(import_tokenizer_json(merges(R"(["a b"])")).ok());
  malformed(merges(R"({})"), "must be a list");
  malformed(merges(R"(["a"])"), "one space");
  malformed(merges(R"(["a b c"])"), "one space");
  malformed(merges(R"([["a"]])"), "pair of strings");
  malformed(merges(R"([["a",1]])"), "pair of strings");
  malformed(merges(R"(["a c"])"), "`c`");
  malformed(merges(R"(["b a"])"), "`ba`");
}
