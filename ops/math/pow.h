// pow over the lanes of F, within 2 ulp: log|a| as an unevaluated sum of two f32, times b, then exp of that sum.
#pragma once

#include <limits>

#include "ops/math/exp.h"
#include "ops/math/log.h"
#include "ops/math/pair.h"

namespace openinfer::math {

// log of a positive finite number to about 40 bits: m = (1+s)/(1-s), log m = 2s + s^3 (2/3 + s^2 R(s^2)).
template <class F>
OINF_INLINE Pair<F> log_pair(F x) {
  const auto tiny = x < F(0x1p-126f);
  const F y = select(tiny, x * F(0x1p+24f), x);
  typename F::Int exponent;
  F m;
  split(y, exponent, m);
  const F e = to_float(exponent) - select(tiny, F(24.0f), F(0.0f));
  const F p = m - F(1.0f);
  const Pair<F> q = sum_of(F(2.0f), p);
  const F s = p / q.high;
  const F s_low = fnma(s, q.low, fnma(s, q.high, p)) / q.high;
  const Pair<F> s2 = product_of(s, s);
  const F s2_low = fma(s + s, s_low, s2.low);
  F r = fma(F(0x1.8ed2ccp-3f), s2.high, F(0x1.c67092p-3f));
  r = fma(r, s2.high, F(0x1.2492fap-2f));
  r = fma(r, s2.high, F(0x1.99999ap-2f));
  Pair<F> c = sum_of(F(0x1.555556p-1f), r * s2.high);
  c.low = c.low + F(-0x1.555556p-26f);
  const Pair<F> s3 = product_of(s, s2.high);
  const F s3_low = fma(s, s2_low, fma(s_low, s2.high, s3.low));
  const Pair<F> t = product_of(s3.high, c.high);
  const F t_low = fma(s3.high, c.low, fma(s3_low, c.high, t.low));
  const Pair<F> head = sum_of(s + s, t.high);
  const F head_low = head.low + fma(F(2.0f), s_low, t_low);
  // e * ln 2, its upper part without loss: 0x1.62e4p-1 has 15 bits.
  const Pair<F> whole = sum_of(e * F(0x1.62e4p-1f), head.high);
  const F rest = fma(e, F(0x1.7f7d1cp-20f), whole.low + head_low);
  return sum_of(whole.high, rest);
}

// exp(high + low), with subnormal results.
template <class F>
OINF_INLINE F exp_pair(F high, F low) {
  const F inf = std::numeric_limits<float>::infinity();
  const F x = max(min(high, F(100.0f)), F(-120.0f));
  const F n = round_even(x * F(0x1.715476p+0f));
  const F r0 = fnma(n, F(-0x1.05c610p-29f), fnma(n, F(0x1.62e43p-1f), x));
  const Pair<F> r = sum_of(r0, select(x == high, low, F(0.0f)));
  F p = fma(F(0x1.6d10fcp-10f), r.high, F(0x1.120b62p-7f));
  p = fma(p, r.high, F(0x1.55551ap-5f));
  p = fma(p, r.high, F(0x1.5554dep-3f));
  p = fma(p, r.high, F(0x1p-1f));
  p = F(1.0f) + (r.high + fma(p * r.high, r.high, r.low));
  // Two steps of 2^n: neither leaves the normal range, the second product rounds once.
  const auto whole = to_int(n), half = shift_right<1>(whole), one = int_lanes(F(), 0x3F800000);
  p = p * from_bits(one + shift_left<23>(half));
  p = p * from_bits(one + shift_left<23>(whole - half));
  p = select(high > F(89.0f), inf, p);
  return select(high < F(-105.0f), F(0.0f), p);
}

// IEEE 754's pow: pow(x, 0) = pow(1, y) = 1 even for NaN; a negative base with a fractional exponent is NaN.
template <class F>
OINF_INLINE F pow(F a, F b) {
  const F inf = std::numeric_limits<float>::infinity(), zero = 0.0f, one = 1.0f;
  const F size = abs(a), grade = abs(b);
  const Pair<F> l = log_pair(size);
  // Beyond 2^16 the answer is 0, 1 or infinity, as it is at 2^40 (|log a| >= 2^-24); within, b * log a keeps its bits.
  const F exponent = copysign(min(grade, F(0x1p+40f)), b);
  const Pair<F> y = product_of(exponent, l.high);
  F value = exp_pair(y.high, fma(exponent, l.low, y.low));
  const auto integer = (round_even(b) == b) & (grade < inf);
  const F half = b * F(0.5f);
  const auto odd = integer & (round_even(half) != half);
  const auto grows = ((size > one) & (b > zero)) | ((size < one) & (b < zero));
  const auto edge = (grade == inf) | (size == inf) | (size == zero);
  value = select(edge, select(size == one, one, select(grows, inf, zero)), value);
  const auto negative = bits(zero) > bits(a);  // also -0
  value = select(negative & odd, -value, value);
  value = select((a < zero) & !integer & (grade < inf) & (size < inf), nan_lanes<F>(), value);
  value = select((a == a) & (b == b), value, nan_lanes<F>());
  return select((b == zero) | (a == one), one, value);
}

}  // namespace openinfer::math
