#include "runtime/adapters/literal_tensor.h"

#include <cmath>

#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

HostTensor parsed(std::string_view text, DType dtype) { return good(parse_literal_tensor(text, dtype)); }

Diagnostic refused(std::string_view text, DType dtype) {
  CAPTURE(text);
  auto got = parse_literal_tensor(text, dtype);
  REQUIRE_FALSE(got.ok());
  return got.error();
}

}  // namespace

TEST_CASE("literal: scalars of every kind") {
  CHECK(parsed("3", DType::f32).shape() == Shape{});
  CHECK(values(parsed("3", DType::f32)) == Values{3});
  CHECK(values(parsed(" -17\n", DType::i8)) == Values{-17});
  CHECK(values(parsed("true", DType::boolean)) == Values{1});
  CHECK(values(parsed("false", DType::i32)) == Values{0});
  CHECK(values(parsed("1", DType::boolean)) == Values{1});
  CHECK(values(parsed("1e3", DType::i32)) == Values{1000});
  CHECK(values(parsed("-2.0", DType::i64)) == Values{-2});
  CHECK(values(parsed("-inf", DType::f16))[0] == -INFINITY);
  CHECK(std::isnan(values(parsed("nan", DType::bf16))[0]));
  CHECK(values(parsed("[\"inf\", \"-Infinity\", \"-inf\", \"Infinity\"]", DType::f32)) ==
        Values{INFINITY, -INFINITY, -INFINITY, INFINITY});
  CHECK(std::isnan(values(parsed("\"NaN\"", DType::f32))[0]));
  CHECK(std::signbit(values(parsed("-0", DType::f32))[0]));
  CHECK(load_element<int64_t>(parsed("-9223372036854775808", DType::i64).data(), DType::i64, 0) == INT64_MIN);
  CHECK(load_element<uint64_t>(parsed("18446744073709551615", DType::u64).data(), DType::u64, 0) == UINT64_MAX);
}

TEST_CASE("literal: lists have shapes") {
  const HostTensor matrix = parsed("[[1, 2, 3],\n [4, 5, 6]]", DType::u8);
  CHECK(matrix.shape() == Shape{2, 3});
  CHECK(values(matrix) == Values{1, 2, 3, 4, 5, 6});
  CHECK(parsed("[]", DType::f32).shape() == Shape{0});
  CHECK(parsed("[[],[]]", DType::f32).shape() == Shape{2, 0});
  CHECK(parsed("[[[[[[[[7]]]]]]]]", DType::i32).shape() == Shape{1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(reinterpret_cast<uintptr_t>(matrix.data()) % kHostAlignment == 0);
}

TEST_CASE("literal: a decimal fraction becomes the nearest float, rounded once") {
  CHECK(values(parsed("0.1", DType::f32)) == Values{static_cast<double>(0.1F)});
  CHECK(values(parsed("0.1", DType::f64)) == Values{0.1});
  CHECK(values(parsed("0.1", DType::f16)) == Values{0.0999755859375});
  CHECK(values(parsed("2049.0", DType::f16)) == Values{2048});  // half way: to even
  // Just above half way, by less than a double can see.
  CHECK(values(parsed("2049.00000000000000000000000001", DType::f16)) == Values{2050});
  CHECK(values(parsed("2050.99999999999999999999999999", DType::f16)) == Values{2050});
  CHECK(values(parsed("1e-60", DType::f32)) == Values{0});
  CHECK(values(parsed("123456789012345678901234567890", DType::f32)) ==
        Values{static_cast<double>(123456789012345678901234567890.0F)});
}

TEST_CASE("literal: elements that share bytes") {
  CHECK(values(parsed("[[-8, 7, 1.0], [0, -1, 3]]", DType::i4)) == Values{-8, 7, 1, 0, -1, 3});
  CHECK(values(parsed("[0, 1, 2, 3, 3]", DType::u2)) == Values{0, 1, 2, 3, 3});
  CHECK(values(parsed("[-1, 0]", DType::i1)) == Values{-1, 0});
  CHECK(values(parsed("[-1, 0, 1]", DType::t2)) == Values{-1, 0, 1});
  CHECK(values(parsed("[1, -1]", DType::t1)) == Values{1, -1});
}

TEST_CASE("literal: what the type cannot hold is refused with its index") {
  CHECK_THAT(refused("[0, 300]", DType::u8).message, Catch::Equals("element [1] is 300, which u8 cannot hold"));
  CHECK(refused("[0, 300]", DType::u8).code == Code::I0005);
  CHECK_THAT(refused("[[0, 1], [2, 0.5]]", DType::i32).message, Catch::Contains("element [1, 1] is 0.5, which i32"));
  CHECK_THAT(refused("0.5", DType::i32).message, Catch::Contains("element is 0.5"));
  for (const auto& [text, dtype] :
       std::vector<std::pair<std::string, DType>>{{"-1", DType::u64},
                                                  {"18446744073709551616", DType::u64},
                                                  {"9223372036854775808", DType::i64},
                                                  {"-129", DType::i8},
                                                  {"2", DType::boolean},
                                                  {"nan", DType::i32},
                                                  {"inf", DType::i64},
                                                  {"16777217", DType::f32},
                                                  {"65520.5", DType::f16},
                                                  {"1e400", DType::f64},
                                                  {"inf", DType::f8e4m3},
                                                  {"480.5", DType::f8e4m3},
                                                  {"1e19", DType::i64},
                                                  {"2.00000000000000000000000001", DType::i32},
                                                  {"8", DType::i4},
                                                  {"-9", DType::i4},
                                                  {"1", DType::i1},
                                                  {"4", DType::u2},
                                                  {"0", DType::t1},
                                                  {"2", DType::t2},
                                                  {"0.5", DType::u4}})
    CHECK(refused(text, dtype).code == Code::I0005);
  CHECK(refused("1", DType::q4_0).code == Code::I0003);
}

TEST_CASE("literal: malformed texts are refused") {
  for (const char* text :
       {"",   " ",  "[",  "[1",  "[1,", "[1,]", "[,1]", "]",        "1]",    "[1]]", "1 2", "[1 2]", "+1",   "01",
        ".5", "1.", "1e", "1e+", "--1", "True", "NaN",  "infinity", "\"a\"", "{}",   "[1}", "0x10",  "[[1],"})
    CHECK(refused(text, DType::f32).code == Code::I0006);
  for (const char* text :
       {"[[1, 2], [3]]", "[[1], 2]", "[1, [2]]", "[[], [1]]", "[[1], []]", "[[[[[[[[[1]]]]]]]]]", "[[], 1]"})
    CHECK(refused(text, DType::f32).code == Code::I0004);
  CHECK(refused(std::string(1000000, '['), DType::f32).code == Code::I0004);
}
