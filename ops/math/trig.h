// sin and cos over the lanes of F, within 2 ulp for every finite argument; infinity gives NaN.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/math/exp.h"
#include "ops/math/pair.h"
#include "ops/math/two_over_pi.h"

namespace openinfer::math {

// An angle as quadrant * pi/2 + r + low, |r| <= pi/4 or a little more, low below half an ulp of r.
template <class F>
struct Reduced {
  typename F::Int quadrant;
  F r, low;
};

// |x| below 2^17: n = round(x * 2/pi); pi/2 in three parts. x - n*c1 is exact, the second step keeps what it
// loses.
inline constexpr float kReduceLimit = 0x1p+17f;

template <class F>
OINF_INLINE Reduced<F> reduce(F x) {
  const F n = round_even(x * F(0x1.45f306p-1f));
  const F r1 = fnma(n, F(0x1.921fb6p+0f), x);
  const Pair<F> step = product_of(n, F(0x1.777a5cp-25f));
  const F r2 = r1 + step.high, shadow = r2 - r1;  // and what the addition lost, whichever term is larger
  const F lost = (r1 - (r2 - shadow)) + (step.high - shadow);
  const F rest = fma(n, F(0x1.ee59dap-50f), lost + step.low);
  const F r = r2 + rest;
  return {to_int(n), r, (r2 - r) + rest};
}

// Any finite x, exactly: integers only. Slow; for lanes that are too large for the three parts.
OINF_INLINE void reduce_large(float x, int32_t& quadrant, float& r, float& low) {
  const LargeAngle angle = reduce_by_integers(static_cast<double>(x));
  quadrant = angle.quadrant;
  r = static_cast<float>(angle.r);
  low = static_cast<float>(angle.r - static_cast<double>(r));
}

template <class F>
OINF_INLINE F sin_or_cos(F x, int32_t turn) {
  const F a = abs(x);
  Reduced<F> y = reduce(x);
  const auto large = (a >= F(kReduceLimit)) & (a < F(std::numeric_limits<float>::infinity()));
  if (any(large)) {
    alignas(64) float in[F::kLanes], r[F::kLanes], low[F::kLanes], q[F::kLanes];
    store(in, x);
    for (int i = 0; i < F::kLanes; ++i) {
      int32_t quadrant = 0;
      r[i] = low[i] = 0;
      if (std::fabs(in[i]) >= kReduceLimit && std::isfinite(in[i])) reduce_large(in[i], quadrant, r[i], low[i]);
      q[i] = static_cast<float>(quadrant);
    }
    y.r = select(large, load(F(), r), y.r);
    y.low = select(large, load(F(), low), y.low);
    y.quadrant = select(large, to_int(load(F(), q)), y.quadrant);
  }
  const F r = y.r, s = r * r;
  F p = fma(F(0x1.6dbe08p-19f), s, F(-0x1.a013a8p-13f));
  p = fma(p, s, F(0x1.11110ep-7f));
  p = fma(p, s, F(-0x1.555556p-3f));
  const F sine = r + fma(p * s, r, fma(F(-0.5f) * s, y.low, y.low));  // low * cos(r), nearly
  F q = fma(F(-0x1.25244ep-22f), s, F(0x1.a015c4p-16f));
  q = fma(q, s, F(-0x1.6c16cp-10f));
  q = fma(q, s, F(0x1.555556p-5f));
  // 1 - s/2 loses a bit that the second difference gives back.
  const F half = F(0.5f) * s, top = F(1.0f) - half;
  const F cosine = top + fma(q * s, s, ((F(1.0f) - top) - half) - r * y.low);
  const auto one = int_lanes(F(), 1), two = int_lanes(F(), 2);
  const auto quadrant = y.quadrant + int_lanes(F(), turn);
  F value = select((quadrant & one) == one, cosine, sine);
  value = select((quadrant & two) == two, -value, value);
  if (turn == 0) value = select(x == F(0.0f), x, value);  // keeps -0
  return select(a < F(std::numeric_limits<float>::infinity()), value, nan_lanes<F>());
}

template <class F>
OINF_INLINE F sin(F x) {
  return sin_or_cos(x, 0);
}
template <class F>
OINF_INLINE F cos(F x) {
  return sin_or_cos(x, 1);
}

}  // namespace openinfer::math
