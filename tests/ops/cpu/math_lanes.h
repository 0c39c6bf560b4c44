// The functions of ops/math applied to arrays by the lanes of one instruction set; for comparing their bits.
#pragma once

#include <cstdint>

namespace openinfer::test {

enum class Function : uint8_t {
  exp,
  sigmoid,
  silu,
  tanh,
  log,
  log1p,
  erf,
  sin,
  cos,
  atan,
  pow,
  narrow_f16,
  narrow_bf16,
  partial
};
inline constexpr int kFunctions = 14;

// y[i] = f(a[i]), pow: f(a[i], b[i]), for i in 0 … 15.
using Apply = void (*)(Function f, const float* a, const float* b, float* y);

void apply_portable(Function f, const float* a, const float* b, float* y);
void apply_avx2(Function f, const float* a, const float* b, float* y);
void apply_avx512(Function f, const float* a, const float* b, float* y);
void apply_neon(Function f, const float* a, const float* b, float* y);

}  // namespace openinfer::test
