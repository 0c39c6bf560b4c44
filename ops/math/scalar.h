// The functions of functions.h for one float (the bits of every vector form) and one double. Slow without an FMA
// instruction: std::fma is then a call. Out of line, so that only this library holds their code.
#pragma once

namespace openinfer::math {

[[nodiscard]] float exp(float x);
[[nodiscard]] float sigmoid(float x);
[[nodiscard]] float tanh(float x);
[[nodiscard]] float log(float x);
[[nodiscard]] float log1p(float x);
[[nodiscard]] float erf(float x);
[[nodiscard]] float sin(float x);
[[nodiscard]] float cos(float x);
[[nodiscard]] float atan(float x);
[[nodiscard]] float pow(float a, float b);

[[nodiscard]] double exp(double x);
[[nodiscard]] double one_plus_exp(double x);  // rounded about once
[[nodiscard]] double sigmoid(double x);
[[nodiscard]] double tanh(double x);
[[nodiscard]] double log(double x);
[[nodiscard]] double log1p(double x);
[[nodiscard]] double erf(double x);
[[nodiscard]] double sin(double x);
[[nodiscard]] double cos(double x);
[[nodiscard]] double atan(double x);
[[nodiscard]] double pow(double a, double b);

}  // namespace openinfer::math
