// erf over the lanes of F, within 2 ulp.
#pragma once

#include "ops/math/exp.h"

namespace openinfer::math {

// Below 0.92 an odd polynomial; above, 1 - exp(-a + a R(a)), R fitted to (log(erfc(a)) + a) / a on [0.92, 4]. From 4 on
// erf is 1 in f32.
template <class F>
OINF_INLINE F erf(F x) {
  const F a = abs(x), s = x * x;
  F p = fma(F(0x1.5d955cp-14f), s, F(-0x1.aa7e38p-11f));
  p = fma(p, s, F(0x1.54cfb6p-8f));
  p = fma(p, s, F(-0x1.b80f72p-6f));
  p = fma(p, s, F(0x1.ce2e14p-4f));
  p = fma(p, s, F(-0x1.812744p-2f));
  p = fma(p, s, F(0x1.06eba8p-3f));
  const F small = fma(p, x, x);
  F q = fma(F(0x1.18cd16p-20f), a, F(-0x1.2078c2p-15f));
  q = fma(q, a, F(0x1.058728p-11f));
  q = fma(q, a, F(-0x1.1a0d9ap-8f));
  q = fma(q, a, F(0x1.9be2eap-6f));
  q = fma(q, a, F(-0x1.b9c6dap-4f));
  q = fma(q, a, F(-0x1.44af12p-1f));
  q = fma(q, a, F(-0x1.07fe3p-3f));
  const F large = select(a < F(4.0f), F(1.0f) - exp_of_number(fma(q, a, -a)), F(1.0f));
  return select(x == x, select(a < F(0.92f), small, copysign(large, x)), nan_lanes<F>());
}

}  // namespace openinfer::math
