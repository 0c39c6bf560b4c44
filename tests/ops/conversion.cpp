// Stored elements, cast, fill, arange, random numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "ops/blocks.h"
#include "run.h"

using namespace openinfer;
using test::Options;
using test::run;
using test::Tensor;

namespace {

using V = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

double stored(DType t, double x) { return Tensor(t, {1}, {x})[0]; }
V cast(DType from, V values, DType to, test::Attributes attributes = {}) {
  attributes.emplace_back("to", to);
  return run("cast", {Tensor(from, {static_cast<int64_t>(values.size())}, values)}, attributes).y().values();
}

// Nearest value that a float of `mantissa` bits and exponents from `least` on can hold, ties to even.
double rounded(double x, int mantissa, int least) {
  if (x == 0 || !std::isfinite(x)) return x;
  const double step = std::ldexp(1.0, std::max(std::ilogb(x), least) - mantissa);
  return std::nearbyint(x / step) * step;
}

}  // namespace

TEST_CASE("narrow floats round once, to nearest even") {
  for (int i = 0; i < 20000; ++i) {
    const double x = std::ldexp(1.0 + i * 7919 % 65536 / 65536.0 + i * 0x1p-30, i % 40 - 25) * (i % 2 ? 1 : -1);
    const double half = rounded(x, 10, -14), brain = rounded(x, 7, -126), f8 = rounded(x, 2, -14),
                 e4 = rounded(x, 3, -6);
    if (std::fabs(half) <= 65504) REQUIRE(stored(DType::f16, x) == half);
    REQUIRE(stored(DType::bf16, x) == brain);
    if (std::fabs(f8) <= 57344) REQUIRE(stored(DType::f8, x) == f8);
    if (std::fabs(e4) <= 448) REQUIRE(stored(DType::f8e4m3, x) == e4);
  }
  CHECK(stored(DType::f16, 65520) == kInf);
  CHECK(stored(DType::f16, 65519.99) == 65504);
  CHECK(stored(DType::f8, 61440) == kInf);
  CHECK(stored(DType::f8, 0.97) == 1);
  CHECK(std::isnan(stored(DType::f8e4m3, kNaN)));
  // 1 + 2^-11 + 2^-40 lies above the middle: rounding by way of f32 would give 1.
  CHECK(stored(DType::f16, 1 + 0x1p-11 + 0x1p-40) == 1 + 0x1p-10);
}

TEST_CASE("integers become narrow floats with one rounding") {
  Tensor x(DType::i64, {1});
  store_element<int64_t>(x.bytes.data(), DType::i64, 0, (int64_t{1} << 60) + (int64_t{1} << 52) + 1);
  const auto y = run("cast", {x}, {{"to", DType::bf16}}).y();
  CHECK(y[0] == std::ldexp(1.0 + 0x1p-7, 60));  // just above the middle of 1 and 1 + 2^-7
  store_element<int64_t>(x.bytes.data(), DType::i64, 0, (int64_t{1} << 60) + (int64_t{1} << 52));
  CHECK(run("cast", {x}, {{"to", DType::bf16}}).y()[0] == std::ldexp(1.0, 60));
}

TEST_CASE("packed elements share bytes") {
  for (const DType t : {DType::i4, DType::i2, DType::i1, DType::u4, DType::u2, DType::u1, DType::t2}) {
    const int64_t lo = is_signed(t) ? -(1 << (info(t).bits - 1)) : t == DType::t2 ? -1 : 0;
    const int64_t hi = is_signed(t) ? (1 << (info(t).bits - 1)) - 1 : t == DType::t2 ? 1 : (1 << info(t).bits) - 1;
    Tensor x(t, {37});
    for (int64_t i = 0; i < 37; ++i) x.set(i, static_cast<double>(lo + i * 5 % (hi - lo + 1)));
    for (int64_t i = 0; i < 37; ++i) CHECK(x[i] == static_cast<double>(lo + i * 5 % (hi - lo + 1)));
  }
  Tensor plus(DType::t1, {3}, {1, -1, 1});
  CHECK(plus.values() == V{1, -1, 1});
  CHECK(plus.bytes[0] == std::byte{5});
  Tensor first(DType::u4, {2}, {3, 10});
  CHECK(first.bytes[0] == std::byte{0xA3});
}

TEST_CASE("blocks give the values of their definition") {
  std::vector<std::byte> b(256);
  const auto half = [&](size_t at, double v) { store_element(b.data() + at, DType::f16, 0, v); };
  half(0, 0.5);
  half(2, -1);
  for (size_t i = 4; i < 24; ++i) b[i] = static_cast<std::byte>(i * 37);
  const auto byte = [&](size_t i) { return static_cast<int>(b[i]); };
  for (int i = 0; i < 32; ++i) {
    const auto at = static_cast<size_t>(i % 16);
    const int shift = i < 16 ? 0 : 4;
    CHECK(block_element(DType::q4_1, b.data(), i) == 0.5f * static_cast<float>(byte(4 + at) >> shift & 15) - 1);
    CHECK(block_element(DType::q4_0, b.data(), i) == 0.5f * static_cast<float>((byte(2 + at) >> shift & 15) - 8));
    const int high = byte(4 + static_cast<size_t>(i) / 8) >> (i % 8) & 1;
    CHECK(block_element(DType::q5_1, b.data(), i) ==
          0.5f * static_cast<float>((byte(8 + at) >> shift & 15) + 16 * high) - 1);
  }
  // q4_k: d, dmin, twelve bytes of six-bit scales and minima, nibbles.
  half(2, 0.25);
  for (size_t i = 4; i < 144; ++i) b[i] = static_cast<std::byte>(i * 73 + 11);
  for (int i = 0; i < 256; ++i) {
    const auto run = static_cast<size_t>(i / 32);
    const int scale = run < 4 ? byte(4 + run) & 63 : (byte(8 + run) & 15) | byte(run) >> 6 << 4;
    const int least = run < 4 ? byte(8 + run) & 63 : byte(8 + run) >> 4 | byte(4 + run) >> 6 << 4;
    const int q = byte(16 + run / 2 * 32 + static_cast<size_t>(i % 32)) >> (run % 2 * 4) & 15;
    CHECK(block_element(DType::q4_k, b.data(), i) ==
          0.5f * static_cast<float>(scale) * static_cast<float>(q) - 0.25f * static_cast<float>(least));
  }
}

TEST_CASE("cast from floats: mode, range, NaN") {
  CHECK(cast(DType::f32, {-1.5, 2.5, 300, -300, kNaN, kInf}, DType::i8) == V{-1, 2, 127, -128, 0, 127});
  CHECK(cast(DType::f32, {-5, 300}, DType::u8) == V{0, 255});
  CHECK(cast(DType::f64, {-1.5, 1.5, 2.5}, DType::i32, {{"rounding_mode", std::string("nearest")}}) == V{-2, 2, 2});
  CHECK(cast(DType::f32, {-1.5, 1.5}, DType::i32, {{"rounding_mode", std::string("floor")}}) == V{-2, 1});
  CHECK(cast(DType::f32, {-1.5, 1.5}, DType::i32, {{"rounding_mode", std::string("ceil")}}) == V{-1, 2});
  CHECK(run("cast", {Tensor(DType::f64, {1}, {1e300})}, {{"to", DType::i64}}).y().integer(0) == INT64_MAX);
  CHECK(cast(DType::f64, {1e300, 0.1}, DType::f32) == V{kInf, static_cast<double>(0.1f)});
  CHECK(cast(DType::f16, {1.5}, DType::f64) == V{1.5});
}

TEST_CASE("cast from integers and bools") {
  CHECK(cast(DType::i32, {300, -300}, DType::i8) == V{127, -128});
  CHECK(cast(DType::i32, {300, -300}, DType::i8, {{"saturate", false}}) == V{44, -44});
  CHECK(cast(DType::i32, {-1, 5}, DType::u64) == V{0, 5});
  CHECK(cast(DType::u8, {200}, DType::i8) == V{127});
  CHECK(cast(DType::boolean, {1, 0}, DType::f32) == V{1, 0});
  CHECK(cast(DType::i4, {-8, 7}, DType::i32) == V{-8, 7});
  CHECK(cast(DType::t1, {1, -1}, DType::f32) == V{1, -1});
  CHECK(run("cast", {Tensor(DType::f32, {1})}, {{"to", DType::boolean}}).codes == "E0203");
}

TEST_CASE("fill and arange take their shape from the declaration") {
  const auto filled = [](DType t, Shape s, AttrValue v) {
    Options o;
    o.outputs = {{t, s}};
    return run("fill", {}, {{"value", v}}, o).y().values();
  };
  CHECK(filled(DType::f32, {2, 2}, 1.5) == V{1.5, 1.5, 1.5, 1.5});
  CHECK(filled(DType::f32, {1}, -kInf) == V{-kInf});
  CHECK(filled(DType::boolean, {2}, true) == V{1, 1});
  CHECK(filled(DType::f16, {1}, 0.1) == V{stored(DType::f16, 0.1)});
  Options bytes;
  bytes.outputs = {{DType::i8, {1}}};
  bytes.integers = {{"value", 300}};
  CHECK(run("fill", {}, {}, bytes).y().values() == V{44});
  bytes.outputs = {{DType::i1, {9}}};
  bytes.integers = {{"value", 1}};
  CHECK(run("fill", {}, {}, bytes).y().values() == V(9, -1.0));
  Options like;
  CHECK(run("fill", {Tensor(DType::f32, {2}, {3, 4})}, {{"value", 7.0}}, like).y().values() == V{7, 7});
  Options range;
  range.outputs = {{DType::i32, {4}}};
  range.integers = {{"start", 5}, {"step", -2}};
  CHECK(run("arange", {}, {}, range).y().values() == V{5, 3, 1, -1});
  Options real;
  real.outputs = {{DType::f32, {3}}};
  CHECK(run("arange", {}, {{"step", 0.5}}, real).y().values() == V{0, 0.5, 1});
}

TEST_CASE("random numbers depend on seed, stream and place") {
  const auto numbers = [](std::string_view op, double seed, double stream, int64_t n) {
    Options o;
    o.outputs = {{DType::f32, {n}}};
    return run(op, {Tensor(DType::u64, {}, {seed}), Tensor(DType::i64, {}, {stream})}, {}, o).y().values();
  };
  const V a = numbers("random_normal", 1, 0, 20000), b = numbers("random_normal", 1, 0, 5);
  for (size_t i = 0; i < 5; ++i) CHECK(a[i] == b[i]);
  CHECK(numbers("random_normal", 1, 1, 5) != b);
  CHECK(numbers("random_normal", 2, 0, 5) != b);
  double sum = 0, square = 0;
  for (double x : a) {
    sum += x;
    square += x * x;
  }
  CHECK(sum / 20000 == Approx(0).margin(0.03));
  CHECK(square / 20000 == Approx(1).margin(0.03));
  for (double x : numbers("random_uniform", 3, 0, 1000)) CHECK((x >= 0 && x < 1));
}
