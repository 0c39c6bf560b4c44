// Activations as the products with block-quantised weights take them: int8 in groups of 32 (numerics.md).
#pragma once

#include <cstdint>
#include <limits>

#include "ops/cpu/bytes.h"

namespace openinfer::OINF_ISA {

// One row's group, a cache line. A type with two parts takes the sums of 16 columns each, the others sum[0] of all 32.
struct alignas(64) QuantisedGroup {
  int8_t q[32];
  float scale;
  int32_t sum[2];
  float minimum_factor[2];  // sum · scale: what a minimum is multiplied by
};
static_assert(sizeof(QuantisedGroup) == 64);

OINF_INLINE void quantise_group(const float* x, int parts, QuantisedGroup& to) {
  constexpr int kCount = 32 / F32::kLanes;
  F32 top(0.0f), values[kCount];
  auto finite = F32(0.0f) == F32(0.0f);
  for (int i = 0; i < kCount; ++i) {
    values[i] = load(F32(), x + i * F32::kLanes);
    const F32 size = abs(values[i]);
    finite = finite & (size < F32(std::numeric_limits<float>::infinity()));
    top = max(top, size);
  }
  to.sum[0] = to.sum[1] = 0;
  const float largest = max_lane(top);
  const bool all_finite = !any(!finite);
  if (!all_finite || largest < 0x1p-100f) {
    for (int8_t& q : to.q) q = 0;
    to.scale = all_finite ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  } else {
    const F32 inverse(127.0f / largest);
    alignas(64) float rounded[32];
    for (int i = 0; i < kCount; ++i) store(rounded + i * F32::kLanes, round_even(values[i] * inverse));
    for (int i = 0; i < 32; ++i) to.q[i] = static_cast<int8_t>(static_cast<int32_t>(rounded[i]));
    for (int i = 0; i < 16; ++i) {
      to.sum[0] += to.q[i];
      to.sum[1] += to.q[16 + i];
    }
    to.scale = largest / 127.0f;
  }
  if (parts == 1) to.sum[0] += to.sum[1];
  for (int part = 0; part < 2; ++part) to.minimum_factor[part] = static_cast<float>(to.sum[part]) * to.scale;
}

}  // namespace openinfer::OINF_ISA
