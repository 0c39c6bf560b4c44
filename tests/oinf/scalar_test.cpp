#include "oinf/scalar.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace openinfer;

TEST_CASE("every f16 survives widening and narrowing") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float wide = widen_f16(static_cast<uint16_t>(bits));
    if (std::isnan(wide))
      CHECK((narrow_f16(wide) & 0x7E00) == 0x7E00);
    else if (narrow_f16(wide) != bits)
      FAIL("f16 " << bits << " became " << narrow_f16(wide));
  }
}

TEST_CASE("every bf16 survives widening and narrowing") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float wide = widen_bf16(static_cast<uint16_t>(bits));
    if (std::isnan(wide))
      CHECK(std::isnan(widen_bf16(narrow_bf16(wide))));
    else if (narrow_bf16(wide) != bits)
      FAIL("bf16 " << bits << " became " << narrow_bf16(wide));
  }
}

TEST_CASE("narrowing rounds to the nearest, ties to even") {
  CHECK(narrow_f16(1.0 + std::ldexp(1, -11)) == 0x3C00);                       // tie: down to even
  CHECK(narrow_f16(1.0 + 3 * std::ldexp(1, -11)) == 0x3C02);                   // tie: up to even
  CHECK(narrow_f16(1.0 + std::ldexp(1, -11) + std::ldexp(1, -30)) == 0x3C01);  // past the tie
  CHECK(narrow_f16(65519.99) == 0x7BFF);                                       // the largest finite
  CHECK(narrow_f16(65520.0) == 0x7C00);
  CHECK(narrow_f16(-std::numeric_limits<double>::infinity()) == 0xFC00);
  CHECK(narrow_f16(std::ldexp(1, -25)) == 0);  // half of the smallest subnormal
  CHECK(narrow_f16(std::ldexp(1, -25) * 1.01) == 1);
  CHECK(narrow_f16(std::ldexp(1, -14) - std::ldexp(1, -26)) == 0x0400);  // a subnormal that rounds to a normal
  CHECK(narrow_bf16(1.0 + std::ldexp(1, -8)) == 0x3F80);
  CHECK(narrow_bf16(std::numeric_limits<float>::max()) == 0x7F80);
}

TEST_CASE("floats of eight bits are E5M2 and E4M3FN") {
  CHECK(widen_f8(0x3C) == 1.0F);
  CHECK(widen_f8(0x7B) == 57344.0F);
  CHECK(std::isinf(widen_f8(0x7C)));
  CHECK(widen_f8(0x01) == std::ldexp(1.0F, -16));
  CHECK(widen_f8e4m3(0x38) == 1.0F);
  CHECK(widen_f8e4m3(0x7E) == 448.0F);
  CHECK(std::isnan(widen_f8e4m3(0x7F)));
  CHECK(widen_f8e4m3(0x81) == -std::ldexp(1.0F, -9));
}

TEST_CASE("packed integers lie LSB first, signed ones in two's complement") {
  const std::byte data[] = {std::byte{0x8F}, std::byte{0x07}};
  const auto list = [&](DType dtype, int count) {
    std::vector<int64_t> values;
    for (int i = 0; i < count; ++i) values.push_back(stored_integer(dtype, data, static_cast<uint64_t>(i)));
    return values;
  };
  CHECK(list(DType::i4, 4) == std::vector<int64_t>{-1, -8, 7, 0});
  CHECK(list(DType::u4, 4) == std::vector<int64_t>{15, 8, 7, 0});
  CHECK(list(DType::i2, 5) == std::vector<int64_t>{-1, -1, 0, -2, -1});
  CHECK(list(DType::t2, 5) == std::vector<int64_t>{-1, -1, 0, -2, -1});
  CHECK(list(DType::u2, 5) == std::vector<int64_t>{3, 3, 0, 2, 3});
  CHECK(list(DType::i1, 5) == std::vector<int64_t>{-1, -1, -1, -1, 0});
  CHECK(list(DType::t1, 5) == std::vector<int64_t>{1, 1, 1, 1, -1});
}
