// One lane of f32: the plain form of the vector abstraction that ops/math and the kernels are written over. vec_avx2.h,
// vec_avx512.h and vec_neon.h give the same operations for 8, 16 and 4 lanes. Each operation has the same bits in a
// lane of every form, so a function written over them once has the same bits everywhere.
//
// F32 lanes of float, I32 lanes of int32 (wrapping), Mask one truth value a lane. What is subtle:
//   max(a, b) is a > b ? a : b and min(a, b) is a < b ? a : b, so b where either is NaN;
//   to_int truncates and is only defined in range; round_even, floor, ceil, trunc keep -0, infinity and NaN;
//   shift counts are constants below 32; load(p, n) and store(p, v, n) touch n < kLanes elements only, the other lanes
//   of a partial load are +0. Narrowing stores round to nearest even and write the canonical NaN.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "ops/math/float_bits.h"
#include "ops/math/inline.h"

namespace openinfer::portable {

struct I32 {
  int32_t v;
};
struct Mask {
  bool v;
};
struct F32 {
  using Int = I32;
  using Bool = Mask;
  static constexpr int kLanes = 1;
  float v;
  F32() = default;
  OINF_INLINE F32(float x) : v(x) {}  // NOLINT: a number is the same in every lane
};

OINF_INLINE I32 int_lanes(F32, int32_t x) { return {x}; }  // x in every lane; the first argument names the type

OINF_INLINE F32 operator+(F32 a, F32 b) { return a.v + b.v; }
OINF_INLINE F32 operator-(F32 a, F32 b) { return a.v - b.v; }
OINF_INLINE F32 operator*(F32 a, F32 b) { return a.v * b.v; }
OINF_INLINE F32 operator/(F32 a, F32 b) { return a.v / b.v; }
OINF_INLINE F32 operator-(F32 a) { return -a.v; }
OINF_INLINE F32 fma(F32 a, F32 b, F32 c) { return std::fma(a.v, b.v, c.v); }    // a*b + c, rounded once
OINF_INLINE F32 fnma(F32 a, F32 b, F32 c) { return std::fma(-a.v, b.v, c.v); }  // c - a*b, rounded once
OINF_INLINE F32 sqrt(F32 a) { return std::sqrt(a.v); }
OINF_INLINE F32 max(F32 a, F32 b) { return a.v > b.v ? a : b; }
OINF_INLINE F32 min(F32 a, F32 b) { return a.v < b.v ? a : b; }
OINF_INLINE F32 abs(F32 a) { return std::bit_cast<float>(std::bit_cast<uint32_t>(a.v) & 0x7FFFFFFFu); }
OINF_INLINE F32 copysign(F32 a, F32 b) {
  return std::bit_cast<float>((std::bit_cast<uint32_t>(a.v) & 0x7FFFFFFFu) |
                              (std::bit_cast<uint32_t>(b.v) & 0x80000000u));
}
OINF_INLINE F32 round_even(F32 a) { return std::nearbyint(a.v); }
OINF_INLINE F32 floor(F32 a) { return std::floor(a.v); }
OINF_INLINE F32 ceil(F32 a) { return std::ceil(a.v); }
OINF_INLINE F32 trunc(F32 a) { return std::trunc(a.v); }

OINF_INLINE Mask operator<(F32 a, F32 b) { return {a.v < b.v}; }
OINF_INLINE Mask operator<=(F32 a, F32 b) { return {a.v <= b.v}; }
OINF_INLINE Mask operator>(F32 a, F32 b) { return {a.v > b.v}; }
OINF_INLINE Mask operator>=(F32 a, F32 b) { return {a.v >= b.v}; }
OINF_INLINE Mask operator==(F32 a, F32 b) { return {a.v == b.v}; }
OINF_INLINE Mask operator!=(F32 a, F32 b) { return {a.v != b.v}; }
OINF_INLINE Mask operator&(Mask a, Mask b) { return {a.v && b.v}; }
OINF_INLINE Mask operator|(Mask a, Mask b) { return {a.v || b.v}; }
OINF_INLINE Mask operator!(Mask a) { return {!a.v}; }
OINF_INLINE bool any(Mask a) { return a.v; }
OINF_INLINE F32 select(Mask m, F32 a, F32 b) { return m.v ? a : b; }
OINF_INLINE I32 select(Mask m, I32 a, I32 b) { return m.v ? a : b; }

OINF_INLINE I32 operator+(I32 a, I32 b) {
  return {static_cast<int32_t>(static_cast<uint32_t>(a.v) + static_cast<uint32_t>(b.v))};
}
OINF_INLINE I32 operator-(I32 a, I32 b) {
  return {static_cast<int32_t>(static_cast<uint32_t>(a.v) - static_cast<uint32_t>(b.v))};
}
OINF_INLINE I32 operator&(I32 a, I32 b) { return {a.v & b.v}; }
OINF_INLINE I32 operator|(I32 a, I32 b) { return {a.v | b.v}; }
OINF_INLINE I32 operator^(I32 a, I32 b) { return {a.v ^ b.v}; }
OINF_INLINE Mask operator==(I32 a, I32 b) { return {a.v == b.v}; }
OINF_INLINE Mask operator>(I32 a, I32 b) { return {a.v > b.v}; }
template <int N>
OINF_INLINE I32 shift_left(I32 a) {
  return {static_cast<int32_t>(static_cast<uint32_t>(a.v) << N)};
}
template <int N>
OINF_INLINE I32 shift_right(I32 a) {
  return {a.v >> N};
}  // arithmetic

OINF_INLINE I32 bits(F32 a) { return {std::bit_cast<int32_t>(a.v)}; }
OINF_INLINE F32 from_bits(I32 a) { return std::bit_cast<float>(a.v); }
// What has no place in 32 bits becomes what x86 makes of it; no caller keeps such a lane.
OINF_INLINE I32 to_int(F32 a) { return {a.v >= -0x1p31F && a.v < 0x1p31F ? static_cast<int32_t>(a.v) : INT32_MIN}; }
OINF_INLINE F32 to_float(I32 a) { return static_cast<float>(a.v); }

// Memory. Load<F32>(p) is spelled load(F32{}, p), for the type to be found by argument.
OINF_INLINE F32 load(F32, const float* p) { return *p; }
OINF_INLINE F32 load(F32, const float* p, int n) { return n > 0 ? *p : 0.0f; }
OINF_INLINE void store(float* p, F32 a) { *p = a.v; }
OINF_INLINE void store(float* p, F32 a, int n) {
  if (n > 0) *p = a.v;
}
OINF_INLINE F32 load_f16(F32, const uint16_t* p) { return math::f32_of_f16(*p); }
OINF_INLINE F32 load_f16(F32, const uint16_t* p, int n) { return n > 0 ? math::f32_of_f16(*p) : 0.0f; }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p) { return math::f32_of_bf16(*p); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p, int n) { return n > 0 ? math::f32_of_bf16(*p) : 0.0f; }
OINF_INLINE void store_f16(uint16_t* p, F32 a) { *p = math::f16_of_f32(a.v); }
OINF_INLINE void store_f16(uint16_t* p, F32 a, int n) {
  if (n > 0) *p = math::f16_of_f32(a.v);
}
OINF_INLINE void store_bf16(uint16_t* p, F32 a) { *p = math::bf16_of_f32(a.v); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a, int n) {
  if (n > 0) *p = math::bf16_of_f32(a.v);
}
// Lanes [0,8) of bf16 pairs: the even and the odd halves of 32-bit words (panel16's form of bf16).
OINF_INLINE void load_pairs_bf16(const uint16_t* p, F32& even, F32& odd) {
  even = std::bit_cast<float>(static_cast<uint32_t>(p[0]) << 16);
  odd = std::bit_cast<float>(static_cast<uint32_t>(p[1]) << 16);
}

OINF_INLINE F32 canonical(F32 a) { return math::canonical(a.v); }
OINF_INLINE float max_lane(F32 a) { return a.v; }  // lanes hold no NaN

}  // namespace openinfer::portable
