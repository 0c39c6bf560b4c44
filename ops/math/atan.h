// atan over the lanes of F, within 2 ulp.
#pragma once

#include "ops/math/exp.h"

namespace openinfer::math {

// atan(a) = base + atan(t), |t| below 0.52: above tan(3 pi/8) t = -1/a, above 0.515625 t = (a-1)/(a+1).
template <class F>
OINF_INLINE F atan(F x) {
  const F a = abs(x);
  const auto steep = a > F(0x1.3504f4p+1f), middle = a > F(0.515625f);
  const F top = select(steep, F(-1.0f), select(middle, a - F(1.0f), a));
  const F bottom = select(steep, a, select(middle, a + F(1.0f), F(1.0f)));
  const F t = top / bottom, s = t * t;
  F p = fma(F(0x1.4af5cep-5f), s, F(-0x1.4cd9d8p-4f));
  p = fma(p, s, F(0x1.c1edf4p-4f));
  p = fma(p, s, F(-0x1.2469b2p-3f));
  p = fma(p, s, F(0x1.9998acp-3f));
  p = fma(p, s, F(-0x1.555554p-2f));
  const F base = select(steep, F(0x1.921fb6p+0f), select(middle, F(0x1.921fb6p-1f), F(0.0f)));
  const F rest = select(steep, F(-0x1.777a5cp-25f), select(middle, F(-0x1.777a5cp-26f), F(0.0f)));
  const F value = base + (fma(p * s, t, t) + rest);
  return select(x == x, copysign(value, x), nan_lanes<F>());
}

}  // namespace openinfer::math
