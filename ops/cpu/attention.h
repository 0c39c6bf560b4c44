// What the two attention kernels share: the operands of one piece of work, and the running state of a query.
//
// The order is numerics.md's: tiles of 64 keys from key 0, each score one chain over the features, 64 running
// denominators, the output's terms by rising key, segments of 1024 keys merged in rising order. Hidden keys are no
// terms. attention_few.h puts keys in the lanes (decode), attention_many.h queries (prefill); the bits are the same.
#pragma once

#include <cstdint>

#include "ir/shape.h"
#include "ops/cpu/lanes.h"
#include "ops/cpu/panel_tile.h"
#include "ops/cpu/reduce.h"
#include "ops/math/exp.h"

namespace openinfer::OINF_ISA {

inline constexpr int64_t kTileKeys = 64;
inline constexpr int64_t kSegmentKeys = 1024;
inline constexpr float kHidden = -std::numeric_limits<float>::infinity();

// The keys or values of one key head. Strides in elements.
struct Table {
  const std::byte* data;
  Stored stored;
  int64_t key_stride, feature_stride, features;
};

struct AttentionWork {
  Table k, v;
  const float* q;  // query i: row first_row + i / heads, head i % heads of the group
  float* y;
  int64_t q_row_stride, y_row_stride;
  int64_t first_row, heads, queries;
  int64_t rows, keys;  // of the whole node: row t stands at position keys - rows + t
  float scale, softcap;
  int64_t window;
  bool causal;
  const TensorView* mask;  // nullptr: none
  int64_t mask_start;      // of row 0, first head of the group
  int64_t mask_row, mask_head, mask_key;

  [[nodiscard]] OINF_INLINE int64_t row(int64_t i) const { return first_row + i / heads; }
  // Keys low … high-1 may be seen.
  [[nodiscard]] OINF_INLINE int64_t high(int64_t i) const { return causal ? keys - rows + row(i) + 1 : keys; }
  [[nodiscard]] OINF_INLINE int64_t low(int64_t i) const {
    const int64_t place = keys - rows + row(i);
    return window > 0 && window <= place ? place - window + 1 : 0;
  }
  [[nodiscard]] OINF_INLINE const float* query(int64_t i) const {
    return q + (i / heads) * q_row_stride + i % heads * k.features;
  }
  [[nodiscard]] OINF_INLINE float* result(int64_t i) const {
    return y + (i / heads) * y_row_stride + i % heads * v.features;
  }
  // What the mask adds to the score of query i and key s; kHidden hides.
  [[nodiscard]] OINF_INLINE float mask_value(int64_t i, int64_t s) const {
    const int64_t at = mask_start + row(i) * mask_row + i % heads * mask_head + s * mask_key;
    if (mask->dtype == DType::boolean) return mask->data[at] != std::byte{0} ? 0.0f : kHidden;
    return mask->as<const float>()[at];
  }
};

// Tiles and segments that any of the queries sees.
OINF_INLINE int64_t first_key(const AttentionWork& w) { return w.low(0); }
OINF_INLINE int64_t end_key(const AttentionWork& w) { return w.high(w.queries - 1); }

// Rows first … first+count-1 of a table as f32, `stride` apart: in place where they are f32, else widened into `space`.
OINF_INLINE const float* widened_rows(const Table& t, int64_t first, int64_t count, float* space, int64_t& stride) {
  if (t.stored == Stored::f32 && t.feature_stride == 1) {
    stride = t.key_stride;
    return reinterpret_cast<const float*>(t.data) + first * t.key_stride;
  }
  stride = t.features;
  for (int64_t j = 0; j < count; ++j) {
    float* to = space + j * t.features;
    const int64_t at = (first + j) * t.key_stride;
    if (t.feature_stride != 1) {
      for (int64_t d = 0; d < t.features; ++d) {
        const int64_t e = at + d * t.feature_stride;
        if (t.stored == Stored::f32) to[d] = reinterpret_cast<const float*>(t.data)[e];
        if (t.stored == Stored::f16) to[d] = math::f32_of_f16(reinterpret_cast<const uint16_t*>(t.data)[e]);
        if (t.stored == Stored::bf16) to[d] = math::f32_of_bf16(reinterpret_cast<const uint16_t*>(t.data)[e]);
      }
      continue;
    }
    const auto* h = reinterpret_cast<const uint16_t*>(t.data) + at;
    int64_t d = 0;
    for (; d + F32::kLanes <= t.features; d += F32::kLanes)
      store(to + d, t.stored == Stored::f16 ? load_f16(F32(), h + d) : load_bf16(F32(), h + d));
    if (d < t.features) {
      const int n = static_cast<int>(t.features - d);
      store(to + d, t.stored == Stored::f16 ? load_f16(F32(), h + d, n) : load_bf16(F32(), h + d, n), n);
    }
  }
  return space;
}

OINF_INLINE int64_t whole_vectors(int64_t n) { return (n + F32::kLanes - 1) / F32::kLanes * F32::kLanes; }

template <class F>
OINF_INLINE F soft_capped(F score, float cap) {
  return F(cap) * math::tanh(score / F(cap));
}

}  // namespace openinfer::OINF_ISA
