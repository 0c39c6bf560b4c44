// Exact reduction of a large angle by pi/2, after Payne and Hanek: the fraction of x * 2/pi in integers, from as many
// bits of 2/pi as the exponent of x calls for.
#pragma once

#include <cstdint>

namespace openinfer::math {

struct LargeAngle {
  int32_t quadrant;  // 0 … 3
  double r, low;     // x = (4k + quadrant) * pi/2 + r + low; |r| <= pi/4
};

// x finite. Any size; meant for |x| >= 2^17.
[[nodiscard]] LargeAngle reduce_by_integers(double x);

}  // namespace openinfer::math
