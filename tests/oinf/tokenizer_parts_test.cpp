// Normalisers, pre-tokenizers, added tokens, post-processors and decoders, each through the tokenizer that has it.
#include "oinf/text/normalizer.h"
#include "oinf/text/pre_tokenizer.h"
#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string normalized(const std::string& json, const std::string& text) {
  const auto made = Normalizer::create(json);
  INFO((made.ok() ? std::string() : made.error().message));
  REQUIRE(made.ok());
  return *made->apply(text);
}

std::vector<std::string> pieces(const std::string& json, const std::string& text, bool at_start = true) {
  const auto made = PreTokenizer::create(json);
  INFO((made.ok() ? std::string() : made.error().message));
  REQUIRE(made.ok());
  const auto cut = made->apply(text, at_start);
  REQUIRE(cut.ok());
  return {cut->views.begin(), cut->views.end()};
}

using Pieces = std::vector<std::string>;

std::string split(const std::string& behavior, bool invert = false) {
  return R"({"type":"Split","pattern":{"String":"-"},"behavior":")" + behavior + R"(","invert":)" +
         (invert ? "true}" : "false}");
}

const std::string kBert = R"({"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,
  "[SEP]":3,"fox":4,"##es":5,"the":6,".":7,"n't":8}},
  "normalizer":{"type":"BertNormalizer","lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
  "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]"}},{"Sequence":{"id":"A"}},
  {"SpecialToken":{"id":"[SEP]"}}],"special_tokens":{"[CLS]":{"ids":[2]},"[SEP]":{"ids":[3]}}},
  "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
  "added_tokens":[{"id":2,"content":"[CLS]","special":true},{"id":3,"content":"[SEP]","special":true},
  {"id":1,"content":"[UNK]","special":true}]})";

}  // namespace

TEST_CASE("tokenizer parts: normalisers") {
  CHECK(normalized("", "Ab c") == "Ab c");
  CHECK(normalized(R"({"type":"NFC"})", "e\u0301") == "é");
  CHECK(normalized(R"({"type":"NFD"})", "é") == "e\u0301");
  CHECK(normalized(R"({"type":"NFKC"})", "ﬁ①") == "fi1");
  CHECK(normalized(R"({"type":"Lowercase"})", "ÄÖÜẞİ") == "äöüßi\u0307");
  CHECK(normalized(R"({"type":"StripAccents"})", "e\u0301") == "e");
  CHECK(normalized(R"({"type":"Strip"})", " \u00A0a b\n") == "a b");
  CHECK(normalized(R"({"type":"Strip","strip_left":false})", " a ") == " a");
  CHECK(normalized(R"({"type":"Strip","strip_right":false})", " a ") == "a ");
  CHECK(normalized(R"({"type":"Strip"})", " \n ").empty());
  CHECK(normalized(R"({"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
      {"type":"Replace","pattern":{"String":" "},"content":"▁"}]})",
                   "a b") == "▁a▁b");
  CHECK(normalized(R"({"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "})", "a \t b\n\n") == "a b ");
  CHECK(normalized(R"({"type":"BertNormalizer"})", "Él\u200B\tgo狐!") == "el go 狐 !");
}

TEST_CASE("tokenizer parts: splits") {
  CHECK(pieces(split("Removed"), "-a--b-") == Pieces{"a", "b"});
  CHECK(pieces(split("Isolated"), "-a--b-") == Pieces{"-", "a", "-", "-", "b", "-"});
  CHECK(pieces(split("MergedWithPrevious"), "-a--b-") == Pieces{"-", "a-", "-", "b-"});
  CHECK(pieces(split("MergedWithNext"), "-a--b-") == Pieces{"-a", "-", "-b", "-"});
  CHECK(pieces(split("Contiguous"), "-a--b-") == Pieces{"-", "a", "--", "b", "-"});
  CHECK(pieces(split("Removed", true), "-a--b-") == Pieces{"-", "-", "-", "-"});
  CHECK(pieces(split("Isolated"), "").empty());
}

TEST_CASE("tokenizer parts: pre-tokenizers") {
  CHECK(pieces("", "a b") == Pieces{"a b"});
  CHECK(pieces(R"({"type":"ByteLevel","add_prefix_space":false})", "Don't  go 12x!?\n ") ==
        Pieces{"Don", "'t", " ", " go", " 12", "x", "!?", "\n "});
  CHECK(pieces(R"({"type":"ByteLevel"})", "a b") == Pieces{" a", " b"});
  CHECK(pieces(R"({"type":"ByteLevel","use_regex":false})", "a b") == Pieces{" a b"});
  CHECK(pieces(R"({"type":"Digits"})", "a12b") == Pieces{"a", "12", "b"});
  CHECK(pieces(R"({"type":"Digits","individual_digits":true})", "a12b") == Pieces{"a", "1", "2", "b"});
  CHECK(pieces(R"({"type":"Punctuation"})", "a,b¿") == Pieces{"a", ",", "b", "¿"});
  CHECK(pieces(R"({"type":"Whitespace"})", "él, s'en  va") == Pieces{"él", ",", "s", "'", "en", "va"});
  CHECK(pieces(R"({"type":"WhitespaceSplit"})", " a,b \u00A0c") == Pieces{"a,b", "c"});
  CHECK(pieces(R"({"type":"CharDelimiterSplit","delimiter":"|"})", "a||b") == Pieces{"a", "b"});
  CHECK(pieces(R"({"type":"BertPreTokenizer"})", "a, b") == Pieces{"a", ",", "b"});
  CHECK(pieces(R"({"type":"Metaspace","prepend_scheme":"first"})", "a b") == Pieces{"▁a", "▁b"});
  CHECK(pieces(R"({"type":"Metaspace","prepend_scheme":"first"})", "a b", false) == Pieces{"a", "▁b"});
  CHECK(pieces(R"({"type":"Metaspace","prepend_scheme":"always","split":false})", "a b", false) == Pieces{"▁a▁b"});
  CHECK(pieces(R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
      {"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated"}]})",
               "x 12345") == Pieces{"x", "123", "45"});
}

TEST_CASE("tokenizer parts: white space is Unicode's") {
  const std::string json = R"({"type":"Split","pattern":{"Regex":"\\s"},"behavior":"Removed"})";
  CHECK(pieces(json, "a\u0085b\u2003c") == Pieces{"a", "b", "c"});
  CHECK(pieces(json, "a\u180Eb") == Pieces{"a\u180Eb"});  // no white space since Unicode 6.3
}

TEST_CASE("tokenizer parts: BERT") {
  const Tokenizer bert = tokenizer_from(kBert);
  CHECK(encoded(bert, "The FOXES.") == Ids{2, 6, 4, 5, 7, 3});
  CHECK(encoded(bert, "the foxen", {false}) == Ids{6, 1});
  CHECK(encoded(bert, std::string(101, 'x'), {false}) == Ids{1});
  CHECK(encoded(bert, "") == Ids{2, 3});
  CHECK(encoded(bert, "[SEP]", {false}) == Ids{1, 1, 1});
  CHECK(encoded(bert, "[SEP]", {false, true}) == Ids{3});
  CHECK(decoded(bert, {2, 6, 4, 5, 7, 3}) == "the foxes.");
}

TEST_CASE("tokenizer parts: added tokens") {
  const Tokenizer tokenizer = tokenizer_from(R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"Ġ":2,"x":3}},
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false},"decoder":{"type":"ByteLevel"},
    "added_tokens":[{"id":4,"content":"aa"},{"id":5,"content":"aab"},{"id":6,"content":"<l>","lstrip":true},
    {"id":7,"content":"<r>","rstrip":true},{"id":8,"content":"bx","single_word":true},
    {"id":9,"content":"é ü","special":false}]})");
  CHECK(encoded(tokenizer, "aaa") == Ids{4, 0});
  CHECK(encoded(tokenizer, "aaab") == Ids{4, 0, 1});  // the leftmost first, then the longest
  CHECK(encoded(tokenizer, "aab") == Ids{5});
  CHECK(encoded(tokenizer, "a  <l> b") == Ids{0, 6, 2, 1});
  CHECK(encoded(tokenizer, "a <r>  b") == Ids{0, 2, 7, 1});
  CHECK(encoded(tokenizer, "bx abx") == Ids{8, 2, 0, 1, 3});
  CHECK(decoded(tokenizer, {9, 2}) == "é ü ");  // an added token is no spelling of bytes
}

TEST_CASE("tokenizer parts: end of word suffix and ignore_merges") {
  const Tokenizer clip = tokenizer_from(R"({"model":{"type":"BPE","end_of_word_suffix":"</w>",
    "vocab":{"a":0,"b":1,"b</w>":2,"ab</w>":3},"merges":["a b</w>"]},
    "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
    {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},"decoder":{"type":"ByteLevel"}})");
  CHECK(encoded(clip, "ab b") == Ids{3, 2});
  CHECK(decoded(clip, {3, 2}) == "ab b ");
  const std::string model = R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"type":"BPE",
    "vocab":{"a":0,"b":1,"c":2,"ab":3,"bc":4,"abc":5},"merges":["b c"],"ignore_merges":)";
  CHECK(encoded(tokenizer_from(model + "true}}"), "abc") == Ids{5});
  CHECK(encoded(tokenizer_from(model + "false}}"), "abc") == Ids{0, 4});
}

TEST_CASE("tokenizer parts: what is not supported is named, what is malformed refused") {
  const auto refused = [](const std::string& part, Code code, const std::string& why) {
    const auto data = import_tokenizer_json(R"({"model":{"type":"BPE","vocab":{"a":0}},)" + part + "}");
    REQUIRE(data.ok());
    const auto got = Tokenizer::create(*data);
    CAPTURE(part);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().code == code);
    CHECK_THAT(got.error().message, Catch::Contains(why));
  };
  refused(R"("normalizer":{"type":"Other"})", Code::P0024, "normalizer `Other`");
  refused(R"("normalizer":{"type":"Precompiled"})", Code::P0025, "precompiled character map");
  refused(R"("normalizer":{"type":"Precompiled","precompiled_charsmap":"A"})", Code::P0025, "base64");
  refused(R"("normalizer":{"type":"Sequence"})", Code::P0025, "`normalizers`");
  refused(R"("normalizer":{})", Code::P0025, "no type");
  refused(R"("pre_tokenizer":{"type":"UnicodeScripts"})", Code::P0024, "pre-tokenizer `UnicodeScripts`");
  refused(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"})", Code::P0025, "(");
  refused(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"[a&&b]"},"behavior":"Isolated"})", Code::P0024, "&&");
  refused(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"[a[b]]"},"behavior":"Isolated"})", Code::P0024,
          "a class in a class");
  refused(R"("pre_tokenizer":{"type":"Split","pattern":{"String":""},"behavior":"Isolated"})", Code::P0025, "empty");
  refused(R"("pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Nope"})", Code::P0025, "Nope");
  refused(R"("post_processor":{"type":"Other"})", Code::P0024, "post-processor `Other`");
  refused(R"("post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["b",1]})", Code::P0025,
          "not in the vocabulary: 1");
  refused(R"("decoder":{"type":"CTC"})", Code::P0024, "decoder `CTC`");
  refused(R"("decoder":{"type":"Strip","content":" ","start":0,"stop":1})", Code::P0024, "at the end");
  TokenizerData data;
  data.kind = TokenizerKind::unigram;
  const auto unigram = Tokenizer::create(data);
  REQUIRE_FALSE(unigram.ok());
  CHECK(unigram.error().code == Code::P0025);
}

TEST_CASE("tokenizer parts: data that did not come from an importer is checked too") {
  TokenizerData good;
  good.vocabulary = {"a", "b", "ab"};
  const auto code_of = [](TokenizerData data) {
    const auto got = Tokenizer::create(std::move(data));
    REQUIRE_FALSE(got.ok());
    return got.error().code;
  };
  TokenizerData data = good;
  data.merges = {{0, 3}};
  CHECK(code_of(data) == Code::P0025);
  data.merges = {{1, 0}};
  CHECK(code_of(data) == Code::P0025);
  data = good;
  data.scores = {1.0F};
  CHECK(code_of(data) == Code::P0025);
  data = good;
  data.types = {1};
  CHECK(code_of(data) == Code::P0025);
  data = good;
  data.added = {AddedToken{3, "x"}};
  CHECK(code_of(data) == Code::P0025);
  data = good;
  data.model_options = "[";
  CHECK(code_of(data) == Code::P0025);
  const auto plain = Tokenizer::create(good);
  REQUIRE(plain.ok());
  const auto none = plain->encode("c");
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == Code::I0009);
}

TEST_CASE("tokenizer parts: a regular expression that explodes is stopped") {
  const auto made = PreTokenizer::create(R"({"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated"})");
  REQUIRE(made.ok());
  const auto got = made->apply(std::string(5000, 'a') + "b", true);
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code == Code::I0009);
}
