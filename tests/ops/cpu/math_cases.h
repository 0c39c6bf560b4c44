// What the tests of ops/math share: the references, in twice the precision, and the measure of an error.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tests/ops/cpu/math_lanes.h"

namespace openinfer::test {

struct MathCase {
  std::string_view name;
  Function function;
  double limit;     // ulp
  float low, high;  // the documented range
  double (*reference)(double a, double b);
};

inline double silu_reference(double a, double) { return a / (1.0 + std::exp(-a)); }

inline constexpr float kAll = INFINITY;
inline constexpr MathCase kMathCases[] = {
    {"exp", Function::exp, 2, -87.33f, 88.72f, [](double a, double) { return std::exp(a); }},
    {"sigmoid", Function::sigmoid, 2, -87.33f, kAll, [](double a, double) { return 1.0 / (1.0 + std::exp(-a)); }},
    {"silu", Function::silu, 2, -88.72f, kAll, silu_reference},
    {"tanh", Function::tanh, 2, -kAll, kAll, [](double a, double) { return std::tanh(a); }},
    {"log", Function::log, 2, -kAll, kAll, [](double a, double) { return std::log(a); }},
    {"log1p", Function::log1p, 2, -kAll, kAll, [](double a, double) { return std::log1p(a); }},
    {"erf", Function::erf, 2, -kAll, kAll, [](double a, double) { return std::erf(a); }},
    {"sin", Function::sin, 2, -kAll, kAll, [](double a, double) { return std::sin(a); }},
    {"cos", Function::cos, 2, -kAll, kAll, [](double a, double) { return std::cos(a); }},
    {"atan", Function::atan, 2, -kAll, kAll, [](double a, double) { return std::atan(a); }},
    {"pow", Function::pow, 2, -kAll, kAll, [](double a, double b) { return std::pow(a, b); }},
};

// |got - want| in units of want's last place in f32; 0 where both are the same special value, huge where only one is.
inline double ulps(float got, double want) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : 1e9;
  const auto rounded = static_cast<float>(want);
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : 1e9;
  // The last place is 2^(e - 23) of a number from 2^e on; below 2^-126 it stays that of the subnormals. (Of the bits:
  // all 2^32 arguments come by here.)
  const auto e = static_cast<int64_t>(std::bit_cast<uint64_t>(want) >> 52 & 0x7FF) - 1023;
  const auto place = static_cast<uint64_t>(std::max<int64_t>(e, -126) - 23 + 1023);
  return std::fabs(static_cast<double>(got) - want) / std::bit_cast<double>(place << 52);
}

struct Sequence {  // splitmix64
  uint64_t state = 1;
  uint64_t next() {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
};

}  // namespace openinfer::test
