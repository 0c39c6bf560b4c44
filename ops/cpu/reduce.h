// Sums in 64 virtual lanes (numerics.md): element i goes to lane i mod 64, the lanes are folded 64 -> 32 -> … -> 1.
// And rows of stored floats, a vector at a time.
#pragma once

#include <cstdint>

#include "ops/cpu/lanes.h"

namespace openinfer::OINF_ISA {

inline constexpr int kSumLanes = 64;
inline constexpr int kSumVectors = kSumLanes / F32::kLanes;

// The fold, lane j with lane j + half. Destroys the lanes.
OINF_INLINE float fold(float* l) {
  for (int half = kSumLanes / 2; half > 0; half /= 2) {
    if (half >= F32::kLanes) {
      for (int j = 0; j < half; j += F32::kLanes) store(l + j, load(F32(), l + j) + load(F32(), l + j + half));
    } else {
      for (int j = 0; j < half; ++j) l[j] = l[j] + l[j + half];
    }
  }
  return l[0];
}

// lane = add(lane, i, left) for i in steps of a vector; left < kLanes in the last one. `add` must leave the lanes
// beyond the row as they are.
template <class Add>
OINF_INLINE float sum_in_lanes(int64_t n, const Add& add) {
  alignas(64) float lanes[kSumLanes];
  F32 lane[kSumVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kSumVectors; ++v) lane[v] = F32(0.0f);
  int64_t i = 0;
  for (; i + kSumLanes <= n; i += kSumLanes)
#pragma GCC unroll 16
    for (int v = 0; v < kSumVectors; ++v) lane[v] = add(lane[v], i + v * F32::kLanes, F32::kLanes);
#pragma GCC unroll 16
  for (int v = 0; v < kSumVectors; ++v) {
    const int64_t left = n - i - v * F32::kLanes;
    if (left >= F32::kLanes) {
      lane[v] = add(lane[v], i + v * F32::kLanes, F32::kLanes);
    } else if (left > 0) {
      lane[v] = add(lane[v], i + v * F32::kLanes, static_cast<int>(left));
    }
    store(lanes + v * F32::kLanes, lane[v]);
  }
  return fold(lanes);
}

OINF_INLINE F32 load_some(const float* p, int n) { return n == F32::kLanes ? load(F32(), p) : load(F32(), p, n); }
OINF_INLINE void store_some(float* p, F32 a, int n) {
  if (n == F32::kLanes) {
    store(p, a);
  } else {
    store(p, a, n);
  }
}

// Calls step(i, count) for every vector of a row; count < kLanes in the last one.
template <class Step>
OINF_INLINE void each_vector(int64_t n, const Step& step) {
  int64_t i = 0;
  for (; i + F32::kLanes <= n; i += F32::kLanes) step(i, F32::kLanes);
  if (i < n) step(i, static_cast<int>(n - i));
}

}  // namespace openinfer::OINF_ISA
