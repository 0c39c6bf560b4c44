// exp, 1 + exp(x), sigmoid and tanh over the lanes of F (vec_scalar.h), within 2 ulp.
#pragma once

#include <bit>
#include <limits>

#include "ops/math/inline.h"

namespace openinfer::math {

template <class F>
OINF_INLINE F nan_lanes() {
  return F(std::bit_cast<float>(0x7FC00000u));
}

// x = n ln 2 + r, |r| <= ln2 / 2:
//   n = round(x * log2 e), by adding and taking off 1.5 * 2^23; r = x - n * ln 2 in two fused steps; a polynomial of
//   degree 6 ((exp(r) - 1 - r) / r^2 interpolated at five Chebyshev nodes of [-ln2/2, ln2/2]).
template <class F>
struct ExpParts {
  typename F::Int exponent;  // n in the place of the exponent: the bits of a float plus this are it times 2^n
  F less_one;                // exp(r) - 1
};
template <class F>
OINF_INLINE ExpParts<F> exp_parts(F x) {
  const F magic = 0x1.8p+23f;
  const F shifted = fma(x, F(0x1.715476p+0f), magic), n = shifted - magic;
  const F r = fnma(n, F(-0x1.05c610p-29f), fnma(n, F(0x1.62e43p-1f), x));
  F p = fma(F(0x1.6d10fcp-10f), r, F(0x1.120b62p-7f));
  p = fma(p, r, F(0x1.55551ap-5f));
  p = fma(p, r, F(0x1.5554dep-3f));
  p = fma(p, r, F(0x1p-1f));
  return {shift_left<23>(bits(shifted)), fma(p * r, r, r)};
}

// exp without care for NaN, which gives +0. +0 below -87.33, +infinity above 88.72, exp(0) is exactly 1.
template <class F>
OINF_INLINE F exp_of_number(F x) {
  const ExpParts<F> e = exp_parts(x);
  F p = e.less_one + F(1.0f);
  p = from_bits(bits(p) + e.exponent);
  p = select(x >= F(-87.33f), p, F(0.0f));
  return select(x > F(88.72f), F(std::numeric_limits<float>::infinity()), p);
}

template <class F>
OINF_INLINE F exp(F x) {
  return select(x == x, exp_of_number(x), nan_lanes<F>());
}

// 1 + exp(x), the denominator of sigmoid and silu, rounded about once, where 1 + exp(x) of rounded values would round
// twice and cost the quotient more than 2 ulp. Of halves, since 2^n may be 2^128: with s = 2^n / 2, s + 1/2 and what
// that addition loses, then s (exp(r) - 1) onto both.
template <class F>
OINF_INLINE F one_plus_exp(F x) {
  const F half = 0.5f;
  const ExpParts<F> e = exp_parts(x);
  const F s = from_bits(bits(half) + e.exponent), c = s + half, lost = half - (c - s);
  const F d = c + fma(s, e.less_one, lost);
  F y = select(x >= F(-87.33f), d + d, F(1.0f));
  y = select(x > F(88.72f), F(std::numeric_limits<float>::infinity()), y);
  return select(x == x, y, nan_lanes<F>());
}

template <class F>
OINF_INLINE F sigmoid(F x) {
  return F(1.0f) / one_plus_exp(-x);
}

// Below 0.625 an odd polynomial, x + x^3 P(x^2); above, 1 - 2 / (exp(2x) + 1), which is 1 from 9.02 on by rounding.
template <class F>
OINF_INLINE F tanh(F x) {
  const F a = abs(x), s = x * x;
  F p = fma(F(0x1.224fcep-9f), s, F(-0x1.0f1266p-7f));
  p = fma(p, s, F(0x1.644a1ep-6f));
  p = fma(p, s, F(-0x1.ba02aap-5f));
  p = fma(p, s, F(0x1.1110d8p-3f));
  p = fma(p, s, F(-0x1.555556p-2f));
  const F small = fma(p * s, x, x);
  const F large = copysign(F(1.0f) - F(2.0f) / (exp_of_number(a + a) + F(1.0f)), x);
  return select(x == x, select(a < F(0.625f), small, large), nan_lanes<F>());
}

}  // namespace openinfer::math
