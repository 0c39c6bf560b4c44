#include "runtime/adapters/input_value.h"

#include "runtime/adapters/npy.h"
#include "runtime/adapters/safetensors_value.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

HostTensor given(std::string_view value, const InputRequest& request) {
  return std::get<HostTensor>(good(parse_input_value(value, request)));
}
std::vector<std::string> texts(std::string_view value, int rank) {
  InputRequest request{"tokens", DType::i32, {}, rank};
  return std::get<std::vector<std::string>>(good(parse_input_value(value, request)));
}
Diagnostic refused(std::string_view value, const InputRequest& request) {
  auto got = parse_input_value(value, request);
  REQUIRE_FALSE(got.ok());
  return got.error();
}
std::string raw(const HostTensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.bytes().size()};
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("input value: a number fills a tensor whose shape is known") {
  CHECK(values(given("2", {"x", DType::f16, Shape{2, 2}, {}})) == Values{2, 2, 2, 2});
  CHECK(given("2", {"x", DType::f32, {}, {}}).shape() == Shape{});
  CHECK(given("[1, 2]", {"x", DType::f32, Shape{2}, {}}).shape() == Shape{2});
  CHECK(given("1", {"x", DType::f32, Shape{0, 3}, {}}).shape() == Shape{0, 3});
  const Diagnostic error = refused("[1, 2]", {"x", DType::f32, Shape{3}, {}});
  CHECK(error.code == Code::I0004);
  CHECK(error.message == "`x`: the shape is [3], the value's [2]");
}

TEST_CASE("input value: a file is what its content says") {
  const TemporaryFolder folder;
  const HostTensor ids = tensor(DType::i64, {3}, {5, 6, 7});
  const InputRequest request{"x", DType::i32, {}, {}};
  CHECK(values(given("@" + folder.write("a.json", npy_header(DType::i64, {3}) + raw(ids)), request)) ==
        Values{5, 6, 7});
  const std::string tensors = folder.write("b.npy", *safetensors_header("ids", DType::i64, {3}) + raw(ids));
  CHECK(values(given("@" + tensors, request)) == Values{5, 6, 7});
  CHECK(values(given("@" + tensors + ":ids", request)) == Values{5, 6, 7});
  CHECK(given("@" + folder.write("c", "[[1], [2]]\n"), request).shape() == Shape{2, 1});
  CHECK(values(given("@" + folder.write("d:e", "4"), request)) == Values{4});  // a colon in the file's own name
}

TEST_CASE("input value: refusals name the variable, the file and the reason") {
  const TemporaryFolder folder;
  const InputRequest request{"x", DType::i32, {}, {}};
  const std::string path = folder.write("half.json", "[1, 0.5]");
  const Diagnostic half = refused("@" + path, request);
  CHECK(half.code == Code::I0005);
  CHECK(half.message == "`x` from " + path + ": element [1] is 0.5, which i32 cannot hold");
  const HostTensor exact = tensor(DType::f64, {2}, {1, 0.1});
  const Diagnostic digits =
      refused("@" + folder.write("d.npy", npy_header(DType::f64, {2}) + raw(exact)), {"x", DType::f32, {}, {}});
  CHECK(digits.code == Code::I0005);
  CHECK_THAT(digits.message, Catch::Contains("element [1] is 0.1, which f32 cannot hold"));
  CHECK(refused("@" + folder.file("none"), request).code == Code::I0006);
  CHECK(refused("@" + folder.file(""), request).code == Code::I0006);  // a folder
  CHECK(refused("@" + path + ":name", request).code == Code::I0006);
  CHECK(refused("@" + folder.write("bytes", std::string("\0\xFF\x10", 3)), request).code == Code::I0006);
  CHECK(refused("1", {"x", DType::q8_0, {}, {}}).code == Code::I0003);
}

TEST_CASE("input value: texts") {
  CHECK(texts("[1, {2}]", 1) == Texts{"[1, {2}]"});
  CHECK(texts("", 1) == Texts{""});
  CHECK(texts("@@home", 1) == Texts{"@home"});
  CHECK(texts("one text", 2) == Texts{"one text"});
  CHECK(texts(R"(["a", "b\n"])", 2) == Texts{"a", "b\n"});
  CHECK(texts("[]", 2).empty());
  const TemporaryFolder folder;
  CHECK(texts("@" + folder.write("prompt", "The Fox\n\n"), 1) == Texts{"The Fox\n\n"});
  const InputRequest rank2{"tokens", DType::i32, {}, 2};
  CHECK(refused("[1]", rank2).code == Code::I0006);
  CHECK(refused("[\"a\"", rank2).code == Code::I0006);
  CHECK(refused("a\xFF", rank2).code == Code::I0007);
  CHECK_THAT(refused("a\xFF", rank2).message, Catch::Contains("offset 1"));
  // The variable takes a plain tensor too.
  const InputRequest request{"tokens", DType::i32, {}, 1};
  CHECK(values(given("@" + folder.write("ids.npy", npy_header(DType::i32, {2}) + raw(tensor(DType::i32, {2}, {8, 9}))),
                     request)) == Values{8, 9});
  CHECK(values(given("@[8, 9]", request)) == Values{8, 9});
  CHECK(given("@[]", request).shape() == Shape{0});
  CHECK(given("@[[1, 2], [3, 4]]", rank2).shape() == Shape{2, 2});
  CHECK(refused("@[8, x]", request).code == Code::I0006);
  CHECK(refused("@[8.5]", request).code == Code::I0005);
  CHECK(texts("@@[8]", 1) == Texts{"@[8]"});
}

TEST_CASE("input value: sizes are whole numbers") {
  CHECK(good(parse_size_value("ctx", "4096")) == 4096);
  CHECK(good(parse_size_value("ctx", "-1")) == -1);
  for (const char* text : {"", "4k", "1.0", " 1", "99999999999999999999"}) {
    const auto got = parse_size_value("ctx", text);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().code == Code::U0001);
    CHECK((got.error().message.find("does not fit 64 bits") != std::string::npos) ==
          (std::string_view(text).size() > 10));
  }
}
