// What the tests of ops/math share: the references, in twice the precision, and the measure of an error.
#pragma once

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

inline double sigmoid_reference(double a, double) { return 1.0 / (1.0 + std::exp(-a)); }

inline constexpr float kAll = INFINITY;
inline constexpr MathCase kMathCases[] = {
    {"exp", Function::exp, 2, -87.33f, 88.72f, [](double a, double) { return std::exp(a); }},
    // three roundings of its own on top of exp's
    {"sigmoid", Function::sigmoid, 3, -87.33f, kAll, sigmoid_reference},
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
  int exponent = 0;
  std::frexp(want, &exponent);
  if (exponent < -125 || want == 0) exponent = -125;
  return std::fabs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 24);
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
