#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/kernel.h"
#include "ops/math/float_bits.h"
#include "ops/math/scalar.h"
#include "tests/ops/cpu/math_cases.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

// Sixteen arguments a round: any bits, ordinary sizes, and for pow bases near one.
void arguments(int round, Sequence& random, float* a, float* b) {
  for (int i = 0; i < 16; ++i) {
    const uint64_t r = random.next();
    const auto u = static_cast<uint32_t>(r >> 32), v = static_cast<uint32_t>(r);
    switch (round % 4) {
      case 0:
        a[i] = std::bit_cast<float>(u), b[i] = std::bit_cast<float>(v);
        break;
      case 1:
        a[i] = static_cast<float>(static_cast<int32_t>(u)) * 0x1p-27f,
        b[i] = static_cast<float>(static_cast<int32_t>(v)) * 0x1p-28f;
        break;
      case 2:
        a[i] = 1.0f + static_cast<float>(static_cast<int32_t>(u)) * 0x1p-34f,
        b[i] = static_cast<float>(static_cast<int32_t>(v)) * 0x1p-21f;
        break;
      default:
        a[i] = static_cast<float>(u) * 0x1p-20f, b[i] = static_cast<float>(static_cast<int32_t>(v)) * 0x1p-30f;
        break;
    }
  }
}

std::vector<std::pair<const char*, Apply>> vector_forms() {
  std::vector<std::pair<const char*, Apply>> forms;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) forms.emplace_back("avx2", apply_avx2);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    forms.emplace_back("avx512", apply_avx512);
#elif defined(__aarch64__)
  forms.emplace_back("neon", apply_neon);
#endif
  return forms;
}

}  // namespace

TEST_CASE("functions of f32 stay within their error") {
  for (const MathCase& c : kMathCases) {
    Sequence random;
    double worst = 0;
    float at = 0, with = 0;
    for (int round = 0; round < 20000; ++round) {
      float a[16], b[16], y[16];
      arguments(round, random, a, b);
      apply_portable(c.function, a, b, y);
      for (int i = 0; i < 16; ++i) {
        if (!(a[i] >= c.low && a[i] <= c.high)) continue;
        const double error = ulps(y[i], c.reference(a[i], b[i]));
        if (error > worst) worst = error, at = a[i], with = b[i];
      }
    }
    INFO(c.name << ": " << worst << " ulp at " << at << ", " << with);
    CHECK(worst <= c.limit);
    CHECK(worst > 0);
  }
}

TEST_CASE("every vector form has the bits of one lane") {
  const auto forms = vector_forms();
  if (forms.empty()) WARN("this processor has no vector form: nothing to compare");
  for (const auto& [name, apply] : forms) {
    for (int f = 0; f < kFunctions; ++f) {
      Sequence random;
      int different = 0;
      for (int round = 0; round < 20000; ++round) {
        float a[16], b[16], want[16] = {}, got[16] = {};
        arguments(round, random, a, b);
        apply_portable(static_cast<Function>(f), a, b, want);
        apply(static_cast<Function>(f), a, b, got);
        different += std::memcmp(want, got, sizeof want) != 0;
      }
      INFO(name << ", function " << f);
      CHECK(different == 0);
    }
  }
}

TEST_CASE("special values of f32") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(math::exp(0.0f) == 1.0f);
  CHECK(math::exp(-0.0f) == 1.0f);
  CHECK(math::exp(-inf) == 0.0f);
  CHECK(math::exp(-87.4f) == 0.0f);
  CHECK(math::exp(inf) == inf);
  CHECK(math::log(0.0f) == -inf);
  CHECK(math::log(1.0f) == 0.0f);
  CHECK(math::tanh(inf) == 1.0f);
  CHECK(math::erf(-inf) == -1.0f);
  CHECK(std::signbit(math::sin(-0.0f)));
  CHECK(math::cos(0.0f) == 1.0f);
  const float nan = -std::numeric_limits<float>::quiet_NaN();
  for (float y : {math::exp(nan), math::log(-1.0f), math::log1p(-2.0f), math::tanh(nan), math::erf(nan), math::sin(inf),
                  math::cos(-inf), math::atan(nan), math::pow(-2.0f, 0.5f), math::sigmoid(nan)}) {
    CHECK(std::bit_cast<uint32_t>(y) == math::kNanF32);
  }
}

TEST_CASE("pow has IEEE 754's edges in both precisions") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double edges[] = {0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, inf, -inf, nan, 1e30, -1e30, 16777216};
  for (double a : edges) {
    for (double b : edges) {
      INFO(a << " to the " << b);
      const double want = std::pow(a, b), got = math::pow(a, b);
      CHECK(((std::isnan(want) && std::isnan(got)) ||
             (want == Approx(got).epsilon(1e-15) && std::signbit(want) == std::signbit(got))));
      const auto narrow_want = static_cast<float>(want);
      const float narrow = math::pow(static_cast<float>(a), static_cast<float>(b));
      CHECK(((std::isnan(narrow_want) && std::isnan(narrow)) ||
             (ulps(narrow, want) <= 2 && std::signbit(narrow_want) == std::signbit(narrow))));
    }
  }
}

namespace {

double ulps_f64(double got, long double want) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : 1e9;
  const auto rounded = static_cast<double>(want);
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : 1e9;
  int exponent = 0;
  std::frexp(want, &exponent);
  if (exponent < -1021 || want == 0) exponent = -1021;
  return static_cast<double>(std::fabs(static_cast<long double>(got) - want) / std::ldexp(1.0L, exponent - 53));
}

}  // namespace

TEST_CASE("functions of f64 stay within 2 ulp") {
  struct Case {
    const char* name;
    double size;
    double (*ours)(double);
    long double (*reference)(long double);
  };
  const Case cases[] = {{"exp", 700, math::exp, std::exp},
                        {"log", 10, math::log, std::log},
                        {"sigmoid", 40, math::sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }},
                        {"log1p", 2, math::log1p, std::log1p},
                        {"tanh", 20, math::tanh, std::tanh},
                        {"erf", 6, math::erf, std::erf},
                        {"sin", 1e6, math::sin, std::sin},
                        {"cos", 1e6, math::cos, std::cos},
                        {"atan", 10, math::atan, std::atan}};
  for (const Case& c : cases) {
    Sequence random;
    double worst = 0, at = 0;
    for (int i = 0; i < 30000; ++i) {
      const uint64_t r = random.next();
      const double x = i % 2 != 0
                           ? std::bit_cast<double>(r)
                           : static_cast<double>(static_cast<int64_t>(r)) * 0x1p-63 * std::ldexp(c.size, -(i % 7));
      const double error = ulps_f64(c.ours(x), c.reference(x));
      if (error > worst) worst = error, at = x;
    }
    INFO(c.name << ": " << worst << " ulp at " << at);
    CHECK(worst <= 2);
    CHECK(worst > 0);
  }
}

TEST_CASE("narrowing rounds to nearest even and widening is exact") {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const auto half = static_cast<uint16_t>(h);
    const float f = math::f32_of_f16(half), g = math::f32_of_bf16(half);
    if (f == f) REQUIRE(math::f16_of_f32(f) == half);
    if (g == g) REQUIRE(math::bf16_of_f32(g) == half);
    if (f == f && h < 0x7C00) {  // half way to the next one: to the even of the two
      const float next = h + 1 < 0x7C00 ? math::f32_of_f16(static_cast<uint16_t>(h + 1)) : 65536.0f;
      REQUIRE(math::f16_of_f32((f + next) / 2) == (h + 1) / 2 * 2);
      REQUIRE(math::f16_of_f64((static_cast<double>(f) + static_cast<double>(next)) / 2 * (1 + 0x1p-40)) == h + 1);
    }
  }
  for (uint32_t b = 0; b < 256; ++b) {
    const auto byte = static_cast<uint8_t>(b);
    const float e5m2 = math::f32_of_f8(byte), e4m3 = math::f32_of_f8e4m3(byte);
    if (e5m2 == e5m2) REQUIRE(math::f8_of_f32(e5m2) == byte);
    if (e4m3 == e4m3) REQUIRE(math::f8e4m3_of_f32(e4m3) == byte);
  }
  CHECK(math::f8_of_f32(0.97f) == math::f8_of_f32(1.0f));
  CHECK(math::f8_of_f32(61439.0f) == 0x7B);
  CHECK(math::f8_of_f32(61440.0f) == 0x7C);
  CHECK(math::f8e4m3_of_f32(464.0f) == 0x7E);
  CHECK(math::f8e4m3_of_f32(465.0f) == 0x7F);
  CHECK(math::f16_of_f32(65519.0f) == 0x7BFF);
  CHECK(math::f16_of_f32(65520.0f) == 0x7C00);
}
