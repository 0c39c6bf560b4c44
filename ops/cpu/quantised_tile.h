// The inner loop of products with block-quantised weights: R rows of activations by P panels of 16 output columns, over
// all of K.
//
// One output element is one chain (numerics.md): a group's dot product is exact, so its order is free; groups are added
// by fused multiply-add in rising order, in segments of 512 columns whose sums are added to the total.
#pragma once

#include <utility>

#include "ops/cpu/block_panel.h"
#include "ops/cpu/quantised_rows.h"

namespace openinfer::OINF_ISA {

inline constexpr int64_t kSegmentGroups = kSegment / 32;

// What a dot product of a type multiplies, and what it has to take off: offset times the sum of x.
struct DotKind {
  bool is_signed;
  int offset;
};
constexpr DotKind dot_kind(DType type) {
  const BlockTraits t = block_traits(type);
  return {t.is_signed, t.is_signed ? kSignedOffset : t.offset};
}

// Scales and minima of a panel, [groups][parts][16] f32 each, made once for all rows.
struct PanelScales {
  const float* scale;
  const float* minimum;
};

// Weights where they lie; codes are taken apart on the way.
template <DType T>
struct StoredWeights {
  static constexpr int kParts = block_traits(T).parts;
  static constexpr bool kMinimum = block_traits(T).minimum;
  static constexpr DotKind kDot = dot_kind(T);
  BlockPanel panel;
  PanelScales scales;
  template <int J>
  OINF_INLINE I32 codes(int64_t g, int v) const {
    return block_codes<T, J>(panel, g, v);
  }
};

// Codes taken apart before, a byte each, [groups][8][16][4]; signed ones moved up by kSignedOffset where there is one.
// One tile serves all types that agree in these.
template <int Parts, bool Minimum, bool Signed>
struct SpreadWeights {
  static constexpr int kParts = Parts;
  static constexpr bool kMinimum = Minimum;
  static constexpr DotKind kDot{Signed && kSignedOffset == 0, 0};
  const std::byte* bytes;
  PanelScales scales;
  int offset;
  template <int J>
  OINF_INLINE I32 codes(int64_t g, int v) const {
    return words_at(bytes, g * 8 + J, v);
  }
};

template <DType T>
OINF_INLINE int offset_of(const StoredWeights<T>&) {
  return StoredWeights<T>::kDot.offset;
}
template <int Parts, bool Minimum, bool Signed>
OINF_INLINE int offset_of(const SpreadWeights<Parts, Minimum, Signed>& w) {
  return w.offset;
}

// Four columns of a group.
template <int J, class W, int R, int P>
OINF_INLINE void add_dots(const W (&w)[P], int64_t g, const QuantisedGroup* x, I32 (&dot)[R][P][kVectors]) {
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const I32 codes = w[p].template codes<J>(g, v);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const I32 activation = four_bytes(x[r].q + 4 * J);
        if constexpr (W::kDot.is_signed)
          dot[r][p][v] = dot_signed(dot[r][p][v], codes, activation);
        else
          dot[r][p][v] = dot_codes(dot[r][p][v], codes, activation);
      }
    }
}

// One part of a group: quads J of its columns, then the steps of the chain.
template <int First, int... J, class W, int R, int P>
OINF_INLINE void add_part(std::integer_sequence<int, J...>, int part, const W (&w)[P], int64_t g,
                          const QuantisedGroup* x, F32 (&acc)[R][P][kVectors]) {
  I32 dot[R][P][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) dot[r][p][v] = int_lanes(F32(), -offset_of(w[p]) * x[r].sum[part]);
  (add_dots<First + J>(w, g, x, dot), ...);
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = (g * W::kParts + part) * kPanel + v * F32::kLanes;
      const F32 scale = load(F32(), w[p].scales.scale + at);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) acc[r][p][v] = fma(to_float(dot[r][p][v]), scale * F32(x[r].scale), acc[r][p][v]);
      if constexpr (W::kMinimum) {
        const F32 minimum = load(F32(), w[p].scales.minimum + at);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) acc[r][p][v] = fma(minimum, F32(x[r].minimum_factor[part]), acc[r][p][v]);
      }
    }
}

// x[g * R + r] for R rows.
template <class W, int R, int P>
void quantised_tile(const W (&w)[P], const QuantisedGroup* x, int64_t groups, const Store& to) {
  alignas(64) float total[R][P][kPanel] = {};
  for (int64_t g0 = 0; g0 < groups; g0 += kSegmentGroups) {
    const int64_t g1 = groups - g0 < kSegmentGroups ? groups : g0 + kSegmentGroups;
    F32 acc[R][P][kVectors];
    clear(acc);
    for (int64_t g = g0; g < g1; ++g) {
      if constexpr (W::kParts == 1) {
        add_part<0>(std::make_integer_sequence<int, 8>(), 0, w, g, x + g * R, acc);
      } else {
        add_part<0>(std::make_integer_sequence<int, 4>(), 0, w, g, x + g * R, acc);
        add_part<4>(std::make_integer_sequence<int, 4>(), 1, w, g, x + g * R, acc);
      }
    }
    add_segment(acc, total);
  }
  finish_tile(to, total);
}

}  // namespace openinfer::OINF_ISA
