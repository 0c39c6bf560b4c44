// Vectors out of tensors that may be stored narrower than f32.
#pragma once

#include "ir/shape.h"
#include "ops/cpu/lanes.h"
#include "ops/cpu/panel_tile.h"

namespace openinfer::OINF_ISA {

OINF_INLINE Stored stored(DType type) {
  return type == DType::f16 ? Stored::f16 : type == DType::bf16 ? Stored::bf16 : Stored::f32;
}

// n elements (at most kLanes) from element `at` on.
OINF_INLINE F32 load_as_f32(const std::byte* data, DType type, int64_t at, int n) {
  if (type == DType::f32) {
    const float* p = reinterpret_cast<const float*>(data) + at;
    return n == F32::kLanes ? load(F32(), p) : load(F32(), p, n);
  }
  const auto* h = reinterpret_cast<const uint16_t*>(data) + at;
  if (type == DType::f16) return n == F32::kLanes ? load_f16(F32(), h) : load_f16(F32(), h, n);
  return n == F32::kLanes ? load_bf16(F32(), h) : load_bf16(F32(), h, n);
}

// Rounds once; NaN becomes the canonical one.
OINF_INLINE void store_from_f32(std::byte* data, DType type, int64_t at, F32 value, int n) {
  if (type == DType::f32) {
    float* p = reinterpret_cast<float*>(data) + at;
    n == F32::kLanes ? store(p, canonical(value)) : store(p, canonical(value), n);
    return;
  }
  auto* h = reinterpret_cast<uint16_t*>(data) + at;
  if (type == DType::f16) {
    n == F32::kLanes ? store_f16(h, value) : store_f16(h, value, n);
  } else {
    n == F32::kLanes ? store_bf16(h, value) : store_bf16(h, value, n);
  }
}

// A whole dense tensor as f32: where it is, or widened into `space`.
OINF_INLINE const float* as_floats(const TensorView& t, int64_t count, float* space) {
  if (t.dtype == DType::f32) return t.as<const float>();
  for (int64_t i = 0; i < count; i += F32::kLanes) {
    const int n = static_cast<int>(count - i < F32::kLanes ? count - i : F32::kLanes);
    store(space + i, load_as_f32(t.data, t.dtype, i, n), n);
  }
  return space;
}

}  // namespace openinfer::OINF_ISA
