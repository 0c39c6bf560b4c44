// Compiled once an instruction set.
#include "tests/ops/cpu/math_lanes.h"

#include "ops/cpu/lanes.h"
#include "ops/math/functions.h"

namespace openinfer::OINF_ISA {
namespace {

F32 value(test::Function f, F32 a, F32 b) {
  switch (f) {
    case test::Function::exp:
      return math::exp(a);
    case test::Function::sigmoid:
      return math::sigmoid(a);
    case test::Function::silu:
      return canonical(a / math::one_plus_exp(-a));
    case test::Function::tanh:
      return math::tanh(a);
    case test::Function::log:
      return math::log(a);
    case test::Function::log1p:
      return math::log1p(a);
    case test::Function::erf:
      return math::erf(a);
    case test::Function::sin:
      return math::sin(a);
    case test::Function::cos:
      return math::cos(a);
    case test::Function::atan:
      return math::atan(a);
    case test::Function::pow:
      return math::pow(a, b);
    case test::Function::narrow_f16: {
      uint16_t h[16];
      store_f16(h, a);
      return canonical(load_f16(F32(), h));
    }
    case test::Function::narrow_bf16: {
      uint16_t h[16];
      store_bf16(h, a);
      return canonical(load_bf16(F32(), h));
    }
    case test::Function::partial:
      return canonical(a);
  }
  return a;
}

}  // namespace
}  // namespace openinfer::OINF_ISA

namespace openinfer::test {

#define OINF_JOIN_OF(a, b) a##b
#define OINF_JOIN(a, b) OINF_JOIN_OF(a, b)

void OINF_JOIN(apply_, OINF_ISA)(Function f, const float* a, const float* b, float* y) {
  using OINF_ISA::F32;
  // `partial` also passes 13 of the 16 through the partial moves: the last three must stay as they are.
  const int n = f == Function::partial ? 13 : 16;
  for (int i = 0; i < n; i += F32::kLanes) {
    if (i + F32::kLanes <= n) {
      store(y + i, OINF_ISA::value(f, load(F32(), a + i), load(F32(), b + i)));
    } else {
      store(y + i, OINF_ISA::value(f, load(F32(), a + i, n - i), load(F32(), b + i, n - i)), n - i);
    }
  }
}

}  // namespace openinfer::test
