// A value as the unevaluated sum of two f32 a lane, and the error-free steps that make one.
#pragma once

#include "ops/math/inline.h"

namespace openinfer::math {

template <class F>
struct Pair {
  F high, low;
};

// a + b for |a| >= |b| or a == 0, and a * b, without loss.
template <class F>
OINF_INLINE Pair<F> sum_of(F a, F b) {
  const F s = a + b;
  return {s, b - (s - a)};
}
template <class F>
OINF_INLINE Pair<F> product_of(F a, F b) {
  const F p = a * b;
  return {p, fma(a, b, -p)};
}

}  // namespace openinfer::math
