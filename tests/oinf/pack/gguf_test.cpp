#include "oinf/pack/gguf.h"

#include <catch2/catch.hpp>

#include "../temporary_folder.h"
#include "gguf_builder.h"
#include "oinf/pack/gguf_pre_tokenizer.h"
#include "oinf/pack/model_source.h"
#include "oinf/text/tokenizer.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::vector<std::byte> f32_bytes(const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

GgufBuilder small(bool big_endian = false, uint32_t version = 3) {
  GgufBuilder b(big_endian, version);
  b.text("general.architecture", "other").u32("other.block_count", 2).f32("other.eps", 1e-5F).boolean("other.on", true);
  b.texts("other.names", {"a", "b"}).i32s("other.list", {1, -2});
  b.tensor("w", 0, {2, 3}, f32_bytes({1, 2, 3, 4, 5, 6}), 4).tensor("b", 0, {2}, f32_bytes({7, 8}), 4);
  return b;
}

class File {
 public:
  explicit File(const std::vector<std::byte>& bytes) : path_(folder_.file("x.gguf")) { write_file(path_, bytes); }
  [[nodiscard]] std::string refusal() const { return code_of(pack::GgufFile::open(path_)); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

std::string refusal(const GgufBuilder& b) { return File(b.file()).refusal(); }

// A tokenizer of three byte tokens and one merge.
GgufBuilder tokenizer(std::string_view model, std::string_view pre) {
  GgufBuilder b;
  b.text("general.architecture", "other").text("tokenizer.ggml.model", model).text("tokenizer.ggml.pre", pre);
  b.texts("tokenizer.ggml.tokens", {"a", "b", "ab", "<s>"}).i32s("tokenizer.ggml.token_type", {1, 1, 1, 3});
  return b;
}

}  // namespace

TEST_CASE("gguf: keys and tensors of both versions and byte orders") {
  for (const bool big : {false, true})
    for (const uint32_t version : {2u, 3u}) {
      const File on_disk(small(big, version).file());
      const auto file = pack::GgufFile::open(on_disk.path());
      REQUIRE(file.ok());
      CHECK(file->big_endian() == big);
      CHECK(file->text("general.architecture") == "other");
      CHECK(file->integer("other.block_count") == 2);
      CHECK(file->number("other.eps") == Approx(1e-5));
      CHECK(file->boolean("other.on") == true);
      CHECK(file->integer("other.eps") == std::nullopt);
      CHECK(std::get<std::vector<int64_t>>(*file->find("other.list")) == std::vector<int64_t>{1, -2});
      REQUIRE(file->tensors().size() == 2);
      CHECK(file->tensors()[0].shape == Shape{2, 3});
      auto source = pack::open_source(on_disk.path());
      REQUIRE(source.ok());
      CHECK(source->description.architecture == "other");
      CHECK(source->format == "gguf");
    }
}

TEST_CASE("gguf: every way to be wrong has its code") {
  CHECK(refusal(small(false, 1)) == "P0004");
  CHECK(refusal(small(false, 4)) == "P0004");
  CHECK(refusal(GgufBuilder(small()).u32("other.on", 1)) == "P0009");
  CHECK(refusal(GgufBuilder(small()).u32("general.alignment", 3)) == "P0029");
  CHECK(refusal(GgufBuilder(small()).u32("general.alignment", 0)) == "P0029");
  CHECK(refusal(GgufBuilder(small()).u64("other.large", ~uint64_t{0})) == "P0029");
  CHECK(refusal(GgufBuilder(small()).u32("a\nb", 1)) == "P0012");
  CHECK(refusal(GgufBuilder(small()).tensor("w", 0, {1}, f32_bytes({1}), 4)) == "P0009");
  CHECK(refusal(GgufBuilder(small()).tensor("", 0, {1}, f32_bytes({1}), 4)) == "P0012");
  CHECK(refusal(GgufBuilder(small()).tensor("far", 0, {1000}, f32_bytes({1}), 4)) == "P0005");
  CHECK(refusal(GgufBuilder(small()).tensor("nine", 0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, f32_bytes({1}), 4)) == "P0013");
  CHECK(refusal(GgufBuilder(small()).tensor("huge", 0, {1 << 30, 1 << 30, 1 << 30}, f32_bytes({1}), 4)) == "P0008");
  CHECK(refusal(GgufBuilder(small()).tensor("part", 8, {33}, f32_bytes({1}))) == "P0008");
  CHECK(refusal(GgufBuilder(small()).tensor("iq", 16, {256}, f32_bytes({1}))) == "P0011");
  const File named(GgufBuilder(small()).tensor("iq", 16, {256}, f32_bytes({1})).file());
  CHECK_THAT(pack::GgufFile::open(named.path()).error().message, Catch::Contains("`iq`") && Catch::Contains("iq2_xxs"));
  CHECK(File({std::byte{'G'}}).refusal() == "P0002");
}

TEST_CASE("gguf: a file that is cut or has a byte changed never reads outside itself") {
  const std::vector<std::byte> good = small().file();
  for (size_t size = 0; size < good.size(); ++size) {
    const File cut({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    // Only the padding behind the last payload may be missing.
    if (size + 24 < good.size()) CHECK(cut.refusal() != "");
  }
  for (size_t at = 0; at < good.size(); ++at)
    for (const int flip : {1, 0x80, 0xFF}) {
      std::vector<std::byte> bad = good;
      bad[at] ^= static_cast<std::byte>(flip);
      const File file(bad);
      if (auto source = pack::open_source(file.path()); source.ok())
        for (const pack::SourceTensor& t : source->tensors) CHECK(t.data.size() <= bad.size());
    }
}

TEST_CASE("gguf: tokenizers that are not known are named") {
  const auto why = [](const GgufBuilder& b) {
    const File file(b.file());
    const auto source = pack::open_source(file.path());
    return source.ok() ? std::string() : std::string(code_name(source.error().code)) + source.error().message;
  };
  CHECK_THAT(why(tokenizer("rwkv", "")), Catch::Contains("P0024") && Catch::Contains("`rwkv`"));
  CHECK_THAT(why(tokenizer("gpt2", "moon")), Catch::Contains("P0024") && Catch::Contains("`moon`"));
  CHECK_THAT(why(tokenizer("gpt2", "gpt-2")), Catch::Contains("P0025") && Catch::Contains("merges"));
  CHECK_THAT(why(tokenizer("llama", "default")), Catch::Contains("P0025") && Catch::Contains("scores"));
  CHECK_THAT(why(tokenizer("gpt2", "gpt-2").texts("tokenizer.ggml.merges", {"a x"})), Catch::Contains("no token"));
  CHECK_THAT(why(tokenizer("gpt2", "gpt-2").texts("tokenizer.ggml.merges", {"a"})), Catch::Contains("no pair"));
  CHECK_THAT(why(tokenizer("gpt2", "gpt-2").floats("tokenizer.ggml.scores", {1})), Catch::Contains("scores"));
}

TEST_CASE("gguf: what stands around a text follows the file's keys") {
  const auto ids = [](GgufBuilder b) {
    const File file(b.texts("tokenizer.ggml.merges", {"a b"}).u32("tokenizer.ggml.bos_token_id", 3).file());
    const auto source = pack::open_source(file.path());
    REQUIRE(source.ok());
    const auto made = Tokenizer::create(*source->description.tokenizer);
    REQUIRE(made.ok());
    return *made->encode("ab<s>", {true, true});
  };
  CHECK(ids(tokenizer("gpt2", "gpt-2")) == std::vector<int32_t>{2, 3});
  CHECK(ids(tokenizer("gpt2", "llama-bpe")) == std::vector<int32_t>{3, 2, 3});
  CHECK(ids(tokenizer("gpt2", "gpt-2").boolean("tokenizer.ggml.add_bos_token", true)) == std::vector<int32_t>{3, 2, 3});
  CHECK(ids(tokenizer("gpt2", "llama-bpe").boolean("tokenizer.ggml.add_bos_token", false)) ==
        std::vector<int32_t>{2, 3});
}

TEST_CASE("gguf: every pre-tokenizer that is known can be made") {
  for (const char* name :
       {"default",      "gpt-2",          "mpt",         "starcoder",  "llama-bpe",   "qwen2",  "qwen35",
        "gpt-4o",       "tekken",         "seed-coder",  "bailingmoe", "bloom",       "viking", "falcon",
        "deepseek-llm", "deepseek-coder", "deepseek-v3", "chameleon",  "roberta-bpe", "smollm", "command-r"}) {
    CAPTURE(name);
    const auto pre = pack::gguf_pre_tokenizer(name);
    REQUIRE(pre.ok());
    TokenizerData data;
    data.vocabulary = {"a", "b", "ab"};
    data.normalizer = pre->normalizer;
    data.pre_tokenizer = pre->pre_tokenizer;
    const auto made = Tokenizer::create(std::move(data));
    INFO((made.ok() ? std::string() : made.error().message));
    CHECK(made.ok());
  }
}
