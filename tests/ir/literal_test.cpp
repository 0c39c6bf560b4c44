#include "ir/literal.h"

#include <catch2/catch.hpp>

using namespace openinfer;

namespace {

struct Spelled {
  std::string_view text;
  size_t length;
  uint64_t value;
};

}  // namespace

TEST_CASE("integers in four bases") {
  for (const auto& [text, length, value] : {Spelled{"0", 1, 0},
                                            {"1_000", 5, 1000},
                                            {"0xfF_f", 6, 0xFFF},
                                            {"0b1_01", 6, 5},
                                            {"0o17", 4, 15},
                                            {"18446744073709551615", 20, UINT64_MAX},
                                            {"12;", 2, 12}}) {
    const NumberLiteral n = scan_number(text);
    CHECK(n.error.empty());
    CHECK_FALSE(n.floating);
    CHECK(n.length == length);
    CHECK(n.integer == value);
  }
}

TEST_CASE("a point belongs to a number only when nothing else can be meant") {
  CHECK(scan_number("0..4").length == 1);
  CHECK(scan_number("5.x").length == 1);
  CHECK(scan_number("5._").length == 1);
  CHECK(scan_number("5.").length == 2);
  CHECK(scan_number("5. ").floating);
  CHECK(scan_number("0.5").number == 0.5);
  CHECK(scan_number("0.5.").length == 3);
  CHECK(scan_number("1.e3").number == 1000);
  CHECK(scan_number("1e-12").number == 1e-12);
  CHECK(scan_number("1_0.2_5E+1_0").number == 10.25e10);
}

TEST_CASE("a number may end in an element type, which must be able to hold it") {
  CHECK(scan_number("255u8").suffix == DType::u8);
  CHECK(scan_number("1.0f32").suffix == DType::f32);
  CHECK(scan_number("1e5f16").suffix == DType::f16);
  CHECK(scan_number("3bf16").suffix == DType::bf16);
  CHECK(scan_number("0bf16").suffix == DType::bf16);  // no binary digit follows 0b
  CHECK(scan_number("0xfu8").suffix == DType::u8);
  CHECK(scan_number("0xf16").integer == 0xF16);  // the longest token

  const auto fits = [](std::string_view text, bool negative = false) {
    const NumberLiteral n = scan_number(text);
    REQUIRE(n.error.empty());
    return literal_fits(*n.suffix, negative, n);
  };
  CHECK(fits("255u8"));
  CHECK_FALSE(fits("256u8"));
  CHECK(fits("128i8", true));
  CHECK_FALSE(fits("128i8"));
  CHECK_FALSE(fits("1u8", true));
  CHECK(fits("0u8", true));
  CHECK(fits("9223372036854775808i64", true));
  CHECK_FALSE(fits("9223372036854775808i64"));
  CHECK(fits("18446744073709551615u64"));
  CHECK(fits("8i4", true));
  CHECK_FALSE(fits("16u4"));
  CHECK(fits("1t2", true));
  CHECK_FALSE(fits("0t1"));
  CHECK(fits("1bool"));
  CHECK_FALSE(fits("2bool"));
  CHECK(fits("65504f16"));
  CHECK_FALSE(fits("1e5f16"));
  CHECK_FALSE(fits("449.0f8e4m3"));
  CHECK_FALSE(fits("1e39f32"));
}

TEST_CASE("malformed numbers say why") {
  CHECK(scan_number("18446744073709551616").error == "number does not fit 64 bits");
  CHECK(scan_number("0x_").error == "number without digits");
  CHECK(scan_number("0b12").error == "`2` behind a number is no element type");
  CHECK(scan_number("12abc").error == "`abc` behind a number is no element type");
  CHECK(scan_number("1q8_0").error == "`q8_0` behind a number is no element type");
  CHECK(scan_number("1.5u8").error == "a number with a point or exponent cannot be of type u8");
  CHECK(scan_number("1e999").error == "number does not fit f64");
  CHECK(scan_number("1e99999999999999999999").error == "number does not fit f64");
}

TEST_CASE("what is too small for f64 is zero") {
  CHECK(scan_number("1e-999").error.empty());
  CHECK(scan_number("0.0000001e-99999999999999999999").number == 0);
  const std::string digits = "0." + std::string(400, '0') + "1";
  CHECK(scan_number(digits).error.empty());
  CHECK(scan_number("1" + std::string(400, '0')).error == "number does not fit 64 bits");
  CHECK(scan_number("1" + std::string(400, '0') + ".0").error == "number does not fit f64");
}

TEST_CASE("comments are whole comments") {
  CHECK(is_comment("// text"));
  CHECK(is_comment("//"));
  CHECK(is_comment("/* a /* nested */ b */"));
  CHECK(is_comment("/* two\nlines */"));
  CHECK_FALSE(is_comment("/* a */ op"));
  CHECK_FALSE(is_comment("/* /* */"));
  CHECK_FALSE(is_comment("// a\nop"));
  CHECK_FALSE(is_comment("text"));
  CHECK_FALSE(is_comment(""));
  CHECK_FALSE(is_comment("// \xFF"));

  CHECK(is_trailing_comment("/* a */ // b"));
  CHECK_FALSE(is_trailing_comment("/* two\nlines */"));
  CHECK_FALSE(is_trailing_comment("/* a */ op x;"));
  CHECK_FALSE(is_trailing_comment("/* a *//* b */"));
}
