#include "runtime/adapters/show_tensor.h"

#include <bit>
#include <cmath>
#include <random>

#include "oinf/checksum.h"
#include "runtime/adapters/format_number.h"
#include "runtime/adapters/labels.h"
#include "runtime/adapters/literal_tensor.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string json(const HostTensor& tensor) { return good(tensor_json(tensor.view())); }

}  // namespace

TEST_CASE("show tensor: JSON of every rank") {
  CHECK(json(tensor(DType::i32, {}, {-3})) == "-3");
  CHECK(json(tensor(DType::f32, {2, 2}, {1, 2.5, -0.0, 1e20})) == "[[1, 2.5], [-0, 1e+20]]");
  CHECK(json(tensor(DType::boolean, {2}, {1, 0})) == "[true, false]");
  CHECK(json(tensor(DType::f32, {3}, {INFINITY, -INFINITY, NAN})) == "[inf, -inf, nan]");
  CHECK(json(tensor(DType::f32, {2, 0}, {})) == "[[], []]");
  CHECK(json(tensor(DType::u64, {1}, {0x1p63})) == "[9223372036854775808]");
  CHECK(json(tensor(DType::i4, {3}, {-8, 7, 1})) == "[-8, 7, 1]");
}

TEST_CASE("show tensor: views with gaps") {
  HostTensor matrix = tensor(DType::i16, {2, 3}, {1, 2, 3, 4, 5, 6});
  TensorView transposed = matrix.view();
  std::swap(transposed.shape[0], transposed.shape[1]);
  std::swap(transposed.strides[0], transposed.strides[1]);
  CHECK(good(tensor_json(transposed)) == "[[1, 4], [2, 5], [3, 6]]");
  TensorView column = matrix.view();
  column.shape = Shape{2};
  column.strides[0] = 3;
  CHECK(good(tensor_json(column)) == "[1, 4]");
}

TEST_CASE("show tensor: floats have the fewest digits that give the same bits back") {
  CHECK(json(tensor(DType::f16, {}, {0.0999755859375})) == "0.099975586");
  CHECK(json(tensor(DType::f32, {}, {static_cast<double>(0.1F)})) == "0.1");
  CHECK(json(tensor(DType::f64, {}, {0.1})) == "0.1");
  CHECK(json(tensor(DType::bf16, {}, {3.140625})) == "3.140625");
  std::mt19937 random(4);
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64, DType::f8, DType::f8e4m3})
    for (int i = 0; i < 2000; ++i) {
      HostTensor one = tensor(dtype, {}, {0});
      for (size_t b = 0; b < one.bytes().size(); ++b) one.data()[b] = static_cast<std::byte>(random());
      const double value = values(one)[0];
      const std::string text = format_element(one.data(), dtype, 0);
      const double back = values(good(parse_literal_tensor(text, dtype)))[0];
      CAPTURE(text);
      CHECK(
          (std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value) || (std::isnan(back) && std::isnan(value))));
    }
}

TEST_CASE("show tensor: large ones as shape, range and digest") {
  const HostTensor large = tensor(DType::f32, {2, 2}, {1, -2.5, NAN, 7});
  CHECK(good(show_tensor(large.view(), 4)) == "[[1, -2.5], [nan, 7]]");
  CHECK(good(show_tensor(large.view(), 3)) ==
        "f32[2, 2] from -2.5 to 7, 1 nan, digest " + hex(checksum(large.bytes())));
  const HostTensor nothing = tensor(DType::f32, {2}, {NAN, NAN});
  CHECK(good(show_tensor(nothing.view(), 1)) == "f32[2], 2 nan, digest " + hex(checksum(nothing.bytes())));
}

TEST_CASE("labels: the names with their values, falling") {
  const std::vector<std::string> labels{"cat", "horse", "\"dog\"", "cow"};
  const auto rows = good(rank_labels(tensor(DType::f32, {4}, {0.5, NAN, 2, 0.5}).view(), labels));
  CHECK(label_table(rows, 3) == "\"dog\"  2\ncat    0.5\ncow    0.5\n");
  CHECK(label_json(rows) == R"([{"label": "\"dog\"", "value": 2}, {"label": "cat", "value": 0.5}, )"
                            R"({"label": "cow", "value": 0.5}, {"label": "horse", "value": "nan"}])");
  const auto two = good(rank_labels(tensor(DType::f16, {2, 4}, {1, 2, 3, 4, 4, 3, 2, 1}).view(), labels));
  CHECK(label_table(two, 1) == "cow  4\n\ncat  4\n");
  CHECK_THAT(label_json(two), Catch::StartsWith("[[{") && Catch::Contains("}], [{") && Catch::EndsWith("}]]"));
}

TEST_CASE("labels: integers have their names, or are numbers") {
  const std::vector<std::string> labels{"cat", "dog"};
  using Names = std::vector<std::string>;
  CHECK(good(name_labels(tensor(DType::i32, {2, 2}, {1, 0, 2, -1}).view(), labels)) == Names{"dog", "cat", "2", "-1"});
  CHECK(good(name_labels(tensor(DType::u8, {}, {1}).view(), labels)) == Names{"dog"});
}

TEST_CASE("labels: what does not fit is refused") {
  const std::vector<std::string> labels{"cat", "dog"};
  const auto code_of = [](const auto& result) {
    REQUIRE_FALSE(result.ok());
    return result.error().code;
  };
  CHECK(code_of(rank_labels(tensor(DType::f32, {3}, {1, 2, 3}).view(), labels)) == Code::I0009);
  CHECK(code_of(rank_labels(tensor(DType::f32, {}, {1}).view(), labels)) == Code::I0009);
  CHECK(code_of(rank_labels(tensor(DType::i32, {2}, {1, 2}).view(), labels)) == Code::I0009);
  CHECK(code_of(name_labels(tensor(DType::f32, {2}, {1, 2}).view(), labels)) == Code::I0009);
}
