// log and log1p over the lanes of F, within 2 ulp. Zero gives -infinity, below it NaN.
#pragma once

#include <limits>

#include "ops/math/exp.h"

namespace openinfer::math {

// log(2^e * (1 + f)) for f in [-1/3, 1/3]: f - f^2/2 + f^3 P(f), P of degree 9, then e * ln 2.
template <class F>
OINF_INLINE F log_of_parts(F e, F f) {
  F p = fma(F(-0x1.b56246p-4f), f, F(0x1.dba26p-4f));
  p = fma(p, f, F(-0x1.8fc5f6p-4f));
  p = fma(p, f, F(0x1.bc8cf8p-4f));
  p = fma(p, f, F(-0x1.00331p-3f));
  p = fma(p, f, F(0x1.24c926p-3f));
  p = fma(p, f, F(-0x1.55549ep-3f));
  p = fma(p, f, F(0x1.9998d4p-3f));
  p = fma(p, f, F(-0.25f));
  p = fma(p, f, F(0x1.555556p-2f));
  const F s = f * f;
  const F small = fma(s, fma(p, f, F(-0.5f)), f);
  return fma(e, F(0x1.62e43p-1f), fma(e, F(-0x1.05c61p-29f), small));
}

// x > 0 and normal: x = 2^e * m, m in [2/3, 4/3).
template <class F>
OINF_INLINE void split(F x, typename F::Int& exponent, F& mantissa) {
  const auto u = bits(x), base = int_lanes(F(), 0x3F2AAAAB);
  exponent = shift_right<23>(u - base);
  mantissa = from_bits(u - shift_left<23>(exponent));
}

// The values of log where its argument is not a positive finite number.
template <class F>
OINF_INLINE F log_edges(F argument, F value) {
  const F inf = std::numeric_limits<float>::infinity();
  value = select(argument == inf, inf, value);
  value = select(argument == F(0.0f), -inf, value);
  return select(argument >= F(0.0f), value, nan_lanes<F>());
}

template <class F>
OINF_INLINE F log(F x) {
  const auto tiny = x < F(0x1p-126f);
  const F y = select(tiny, x * F(0x1p+24f), x);
  typename F::Int e;
  F m;
  split(y, e, m);
  const F n = to_float(e) - select(tiny, F(24.0f), F(0.0f));
  return log_edges(x, log_of_parts(n, m - F(1.0f)));
}

// log of u = 1 + x, with what the addition lost put back into the mantissa.
template <class F>
OINF_INLINE F log1p(F x) {
  const F u = F(1.0f) + x;
  const F lost = select(x < F(1.0f), x - (u - F(1.0f)), F(1.0f) - (u - x));
  typename F::Int e;
  F m;
  split(u, e, m);
  const F scale = from_bits(int_lanes(F(), 0x3F800000) - shift_left<23>(e));  // 2^-e, for e below 127
  const F f = select(u < F(0x1p+60f), fma(lost, scale, m - F(1.0f)), m - F(1.0f));
  const F value = log_of_parts(to_float(e), f);
  return log_edges(u, select(x == F(0.0f), x, value));
}

}  // namespace openinfer::math
