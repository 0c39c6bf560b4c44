#include "runtime/adapters/text_tensor.h"

#include "oinf/text/tokenizer_json.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Two letters, a control token around each text, and the two bytes of é.
const Tokenizer& tokenizer() {
  static const Tokenizer instance = good(Tokenizer::create(good(import_tokenizer_json(R"({
    "model":{"type":"BPE","vocab":{"a":0,"b":1,"<s>":2,"Ã":3,"©":4}},
    "added_tokens":[{"id":2,"content":"<s>","special":true}],
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"},
    "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],
    "special_tokens":{"<s>":{"ids":[2]}}}})"))));
  return instance;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("text tensor: texts become ids") {
  const HostTensor one = good(tensor_of_texts(tokenizer(), {"ab"}, DType::i32, 1, {}));
  CHECK(one.dtype() == DType::i32);
  CHECK(one.shape() == Shape{3});
  CHECK(values(one) == Values{2, 0, 1});
  const HostTensor two = good(tensor_of_texts(tokenizer(), {"ab", ""}, DType::i64, 2, {}));
  CHECK(two.shape() == Shape{2, 3});
  CHECK(values(two) == Values{2, 0, 1, 2, -1, -1});
  CHECK(good(tensor_of_texts(tokenizer(), {""}, DType::i32, 1, {false})).shape() == Shape{0});
  CHECK(good(tensor_of_texts(tokenizer(), {}, DType::i32, 2, {})).shape() == Shape{0, 0});
  CHECK(values(good(tensor_of_texts(tokenizer(), {"b"}, DType::i32, 0, {false}))) == Values{1});
}

TEST_CASE("text tensor: what does not fit is refused") {
  const auto code_of = [](const auto& result) {
    REQUIRE_FALSE(result.ok());
    return result.error().code;
  };
  CHECK(code_of(tensor_of_texts(tokenizer(), {"a"}, DType::f32, 1, {})) == Code::I0009);
  CHECK(code_of(tensor_of_texts(tokenizer(), {"a"}, DType::i32, 3, {})) == Code::I0009);
  CHECK(code_of(tensor_of_texts(tokenizer(), {"a", "b"}, DType::i32, 1, {})) == Code::I0009);
  CHECK(code_of(tensor_of_texts(tokenizer(), {"ab"}, DType::i32, 0, {false})) == Code::I0009);
  CHECK(code_of(tensor_of_texts(tokenizer(), {"\xFF"}, DType::i32, 1, {})) == Code::I0007);
}

TEST_CASE("text tensor: each row is a stream") {
  TextStreams streams(tokenizer());
  CHECK(good(streams.push(tensor(DType::i32, {2, 2}, {0, 3, 3, 1}).view())) == Texts{"a", "\uFFFDb"});
  CHECK(good(streams.push(tensor(DType::i32, {2, 1}, {4, -1}).view())) == Texts{"é", ""});
  CHECK(good(streams.push(tensor(DType::i32, {2, 1}, {3, 3}).view())) == Texts{"", ""});
  CHECK(streams.finish() == Texts{"\uFFFD", "\uFFFD"});
  CHECK(streams.finish() == Texts{"", ""});
}

TEST_CASE("text tensor: a scalar is a token, a vector tokens in order") {
  TextStreams streams(tokenizer());
  CHECK(good(streams.push(tensor(DType::i64, {}, {2}).view())) == Texts{""});
  CHECK(good(streams.push(tensor(DType::u8, {3}, {0, 1, 0}).view())) == Texts{"aba"});
  TextStreams named(tokenizer(), true);
  CHECK(good(named.push(tensor(DType::i32, {2}, {2, -1}).view())) == Texts{"<s>"});
  const auto outside = streams.push(tensor(DType::i32, {}, {5}).view());
  REQUIRE_FALSE(outside.ok());
  CHECK(outside.error().code == Code::R0001);
  HostTensor huge = tensor(DType::u64, {}, {0});
  store_element<uint64_t>(huge.data(), DType::u64, 0, UINT64_MAX);
  CHECK_FALSE(streams.push(huge.view()).ok());
  const auto floats = streams.push(tensor(DType::f32, {1}, {0}).view());
  REQUIRE_FALSE(floats.ok());
  CHECK(floats.error().code == Code::I0009);
}
