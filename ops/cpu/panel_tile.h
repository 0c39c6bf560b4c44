// The inner loop of every contraction: R rows of activations by P panels of 16 output columns, over all of K.
//
// One output element is one chain (numerics.md): K is cut into segments of 512; inside one the terms are added by fused
// multiply-add in rising k; the total starts at +0 and every segment's sum is added to it. Columns go to lanes, so the
// lanes' number cannot show. Totals live in the first cache and are touched at a segment's border only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/cpu/lanes.h"

namespace openinfer::OINF_ISA {

inline constexpr int64_t kSegment = 512;
inline constexpr int kPanel = 16;  // columns of a panel
inline constexpr int kVectors = kPanel / F32::kLanes;

// Accumulators that fit the registers beside weights and activations.
inline constexpr int kAccumulators = F32::kLanes == 16 ? 24 : F32::kLanes == 8 ? 12 : F32::kLanes == 4 ? 24 : 16;
inline constexpr int kMaxRows = kAccumulators / (kVectors * (F32::kLanes == 16 ? 2 : 1));  // 12, 6, 6, 1
// Panels a tile of R rows spans: one row alone needs many chains to hide the latency of its additions.
constexpr int panels_of(int rows) {
  const int chains = rows == 1 && F32::kLanes == 16 ? 8 : kAccumulators;
  const int panels = chains / (rows * kVectors);
  return panels < 1 ? 1 : panels > 8 ? 8 : panels;
}

// How the weights of a panel are stored. f32 and f16: [K][16], a step of k being `step` elements; bf16: [K/2][16][2].
enum class Stored : uint8_t { f32, f16, bf16 };

struct Panels {
  const std::byte* data;  // the first panel
  int64_t pitch;          // bytes from one panel to the next
  int64_t step;           // elements from k to k + 1; 16 in panel16
};

// One vector of columns at k; Odd is k mod 2 (bf16 keeps two k in a 32-bit word).
template <Stored S, int Odd>
OINF_INLINE F32 weight(const std::byte* panel, int64_t step, int64_t k, int v) {
  if constexpr (S == Stored::bf16) {
    F32 half[2];
    load_pairs_bf16(reinterpret_cast<const uint16_t*>(panel) + (k - Odd) * kPanel + v * 2 * F32::kLanes, half[0],
                    half[1]);
    return half[Odd];
  } else {
    const int64_t at = k * step + v * F32::kLanes;
    if constexpr (S == Stored::f32) return load(F32(), reinterpret_cast<const float*>(panel) + at);
    if constexpr (S == Stored::f16) return load_f16(F32(), reinterpret_cast<const uint16_t*>(panel) + at);
  }
}

// The terms of one k.
template <Stored S, int Odd, int R, int P>
OINF_INLINE void add_terms(const Panels& w, int64_t k, const float* x, F32 (&acc)[R][P][kVectors]) {
  F32 column[P][kVectors];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) column[p][v] = weight<S, Odd>(w.data + p * w.pitch, w.step, k, v);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const F32 activation = x[r];
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][p][v] = fma(column[p][v], activation, acc[r][p][v]);
  }
}

// What becomes of the sums: y[r][p * 16 + column] = sum (+ bias), for the columns that exist.
struct Store {
  float* y;               // row 0, first column of the first panel
  int64_t row_stride;     // elements
  const float* bias;      // of the first column, or nullptr
  const float* row_bias;  // of row 0, or nullptr
  int64_t columns;        // from the first panel's first column on; at least one in every panel
};

OINF_INLINE void finish(const Store& to, int row, int64_t column, F32 total) {
  const int64_t left = to.columns - column;
  if (left <= 0) return;
  float* y = to.y + row * to.row_stride + column;
  if (to.row_bias != nullptr) total = total + F32(to.row_bias[row]);
  if (left >= F32::kLanes) {
    if (to.bias != nullptr) total = total + load(F32(), to.bias + column);
    store(y, canonical(total));
  } else {
    if (to.bias != nullptr) total = total + load(F32(), to.bias + column, static_cast<int>(left));
    store(y, canonical(total), static_cast<int>(left));
  }
}

template <int R, int P>
OINF_INLINE void clear(F32 (&acc)[R][P][kVectors]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][p][v] = F32(0.0f);
}

// The sums of a segment go to the totals.
template <int R, int P>
OINF_INLINE void add_segment(const F32 (&acc)[R][P][kVectors], float (&total)[R][P][kPanel]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        float* sum = total[r][p] + v * F32::kLanes;
        store(sum, load(F32(), sum) + acc[r][p][v]);
      }
}

template <int R, int P>
OINF_INLINE void finish_tile(const Store& to, const float (&total)[R][P][kPanel]) {
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p)
      for (int v = 0; v < kVectors; ++v)
        finish(to, r, p * kPanel + v * F32::kLanes, load(F32(), total[r][p] + v * F32::kLanes));
}

// x[k * x_step + r] for R rows. The trip over K is in pairs, since bf16 is stored so; an odd last k stands alone, and
// padding is never a term.
template <Stored S, int R, int P>
inline void tile(const Panels& w, const float* x, int64_t x_step, int64_t depth, const Store& to) {
  alignas(64) float total[R][P][kPanel] = {};
  for (int64_t k0 = 0; k0 < depth; k0 += kSegment) {
    const int64_t k1 = depth - k0 < kSegment ? depth : k0 + kSegment, even = k0 + (k1 - k0) / 2 * 2;
    F32 acc[R][P][kVectors];
    clear(acc);
    const float* at = x + k0 * x_step;
    for (int64_t k = k0; k < even; k += 2, at += 2 * x_step) {
      add_terms<S, 0>(w, k, at, acc);
      add_terms<S, 1>(w, k + 1, at + x_step, acc);
    }
    if (even < k1) add_terms<S, 0>(w, even, at, acc);
    add_segment(acc, total);
  }
  finish_tile(to, total);
}

}  // namespace openinfer::OINF_ISA
