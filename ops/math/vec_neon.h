// Four lanes of f32 for AArch64's NEON. What each operation means stands in vec_scalar.h.
#pragma once

#include <arm_neon.h>

#include <bit>
#include <cstdint>

#include "ops/math/float_bits.h"
#include "ops/math/inline.h"

namespace openinfer::neon {

struct I32 {
  int32x4_t v;
};
struct Mask {
  uint32x4_t v;
};
struct F32 {
  using Int = I32;
  using Bool = Mask;
  static constexpr int kLanes = 4;
  float32x4_t v;
  F32() = default;
  OINF_INLINE F32(float32x4_t x) : v(x) {}         // NOLINT
  OINF_INLINE F32(float x) : v(vdupq_n_f32(x)) {}  // NOLINT: a number is the same in every lane
};

OINF_INLINE I32 int_lanes(F32, int32_t x) { return {vdupq_n_s32(x)}; }

OINF_INLINE F32 operator+(F32 a, F32 b) { return vaddq_f32(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a, F32 b) { return vsubq_f32(a.v, b.v); }
OINF_INLINE F32 operator*(F32 a, F32 b) { return vmulq_f32(a.v, b.v); }
OINF_INLINE F32 operator/(F32 a, F32 b) { return vdivq_f32(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a) { return vnegq_f32(a.v); }
OINF_INLINE F32 fma(F32 a, F32 b, F32 c) { return vfmaq_f32(c.v, a.v, b.v); }
OINF_INLINE F32 fnma(F32 a, F32 b, F32 c) { return vfmsq_f32(c.v, a.v, b.v); }
OINF_INLINE F32 sqrt(F32 a) { return vsqrtq_f32(a.v); }
OINF_INLINE F32 max(F32 a, F32 b) { return vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v); }
OINF_INLINE F32 min(F32 a, F32 b) { return vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v); }
OINF_INLINE F32 abs(F32 a) { return vabsq_f32(a.v); }
OINF_INLINE F32 copysign(F32 a, F32 b) { return vbslq_f32(vdupq_n_u32(0x80000000u), b.v, a.v); }
OINF_INLINE F32 round_even(F32 a) { return vrndnq_f32(a.v); }
OINF_INLINE F32 floor(F32 a) { return vrndmq_f32(a.v); }
OINF_INLINE F32 ceil(F32 a) { return vrndpq_f32(a.v); }
OINF_INLINE F32 trunc(F32 a) { return vrndq_f32(a.v); }

OINF_INLINE Mask operator<(F32 a, F32 b) { return {vcltq_f32(a.v, b.v)}; }
OINF_INLINE Mask operator<=(F32 a, F32 b) { return {vcleq_f32(a.v, b.v)}; }
OINF_INLINE Mask operator>(F32 a, F32 b) { return {vcgtq_f32(a.v, b.v)}; }
OINF_INLINE Mask operator>=(F32 a, F32 b) { return {vcgeq_f32(a.v, b.v)}; }
OINF_INLINE Mask operator==(F32 a, F32 b) { return {vceqq_f32(a.v, b.v)}; }
OINF_INLINE Mask operator!=(F32 a, F32 b) { return {vmvnq_u32(vceqq_f32(a.v, b.v))}; }
OINF_INLINE Mask operator&(Mask a, Mask b) { return {vandq_u32(a.v, b.v)}; }
OINF_INLINE Mask operator|(Mask a, Mask b) { return {vorrq_u32(a.v, b.v)}; }
OINF_INLINE Mask operator!(Mask a) { return {vmvnq_u32(a.v)}; }
OINF_INLINE bool any(Mask a) { return vmaxvq_u32(a.v) != 0; }
OINF_INLINE F32 select(Mask m, F32 a, F32 b) { return vbslq_f32(m.v, a.v, b.v); }
OINF_INLINE I32 select(Mask m, I32 a, I32 b) { return {vbslq_s32(m.v, a.v, b.v)}; }

OINF_INLINE I32 operator+(I32 a, I32 b) { return {vaddq_s32(a.v, b.v)}; }
OINF_INLINE I32 operator-(I32 a, I32 b) { return {vsubq_s32(a.v, b.v)}; }
OINF_INLINE I32 operator&(I32 a, I32 b) { return {vandq_s32(a.v, b.v)}; }
OINF_INLINE I32 operator|(I32 a, I32 b) { return {vorrq_s32(a.v, b.v)}; }
OINF_INLINE I32 operator^(I32 a, I32 b) { return {veorq_s32(a.v, b.v)}; }
OINF_INLINE Mask operator==(I32 a, I32 b) { return {vceqq_s32(a.v, b.v)}; }
OINF_INLINE Mask operator>(I32 a, I32 b) { return {vcgtq_s32(a.v, b.v)}; }
template <int N>
OINF_INLINE I32 shift_left(I32 a) {
  return {vshlq_n_s32(a.v, N)};
}
template <int N>
OINF_INLINE I32 shift_right(I32 a) {
  return {vshrq_n_s32(a.v, N)};
}

OINF_INLINE I32 bits(F32 a) { return {vreinterpretq_s32_f32(a.v)}; }
OINF_INLINE F32 from_bits(I32 a) { return vreinterpretq_f32_s32(a.v); }
OINF_INLINE I32 to_int(F32 a) { return {vcvtq_s32_f32(a.v)}; }
OINF_INLINE F32 to_float(I32 a) { return vcvtq_f32_s32(a.v); }

OINF_INLINE F32 canonical(F32 a) { return select(a == a, a, F32(std::bit_cast<float>(math::kNanF32))); }

// Partial rows pass through a small buffer: NEON has no masked moves.
template <class T>
OINF_INLINE void copy_first(T* to, const T* from, int n) {
  for (int i = 0; i < n && i < 4; ++i) to[i] = from[i];
}
OINF_INLINE F32 load(F32, const float* p) { return vld1q_f32(p); }
OINF_INLINE F32 load(F32, const float* p, int n) {
  float buffer[4] = {};
  copy_first(buffer, p, n);
  return vld1q_f32(buffer);
}
OINF_INLINE void store(float* p, F32 a) { vst1q_f32(p, a.v); }
OINF_INLINE void store(float* p, F32 a, int n) {
  float buffer[4];
  vst1q_f32(buffer, a.v);
  copy_first(p, buffer, n);
}

OINF_INLINE uint16x4_t load_halves(const uint16_t* p) { return vld1_u16(p); }
OINF_INLINE uint16x4_t load_halves(const uint16_t* p, int n) {
  uint16_t buffer[4] = {};
  copy_first(buffer, p, n);
  return vld1_u16(buffer);
}
OINF_INLINE void store_halves(uint16_t* p, uint16x4_t a) { vst1_u16(p, a); }
OINF_INLINE void store_halves(uint16_t* p, uint16x4_t a, int n) {
  uint16_t buffer[4];
  vst1_u16(buffer, a);
  copy_first(p, buffer, n);
}
OINF_INLINE F32 widen_f16(uint16x4_t h) { return vcvt_f32_f16(vreinterpret_f16_u16(h)); }
OINF_INLINE F32 widen_bf16(uint16x4_t h) { return vreinterpretq_f32_u32(vshll_n_u16(h, 16)); }
OINF_INLINE uint16x4_t narrow_f16(F32 a) { return vreinterpret_u16_f16(vcvt_f16_f32(canonical(a).v)); }
OINF_INLINE uint16x4_t narrow_bf16(F32 a) {
  const uint32x4_t u = vreinterpretq_u32_f32(canonical(a).v), odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
  return vshrn_n_u32(vaddq_u32(u, vaddq_u32(odd, vdupq_n_u32(0x7FFF))), 16);
}
OINF_INLINE F32 load_f16(F32, const uint16_t* p) { return widen_f16(load_halves(p)); }
OINF_INLINE F32 load_f16(F32, const uint16_t* p, int n) { return widen_f16(load_halves(p, n)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p) { return widen_bf16(load_halves(p)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p, int n) { return widen_bf16(load_halves(p, n)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a) { store_halves(p, narrow_f16(a)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_f16(a), n); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a) { store_halves(p, narrow_bf16(a)); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_bf16(a), n); }
OINF_INLINE void load_pairs_bf16(const uint16_t* p, F32& even, F32& odd) {
  const uint32x4_t v = vreinterpretq_u32_u16(vld1q_u16(p));
  even = vreinterpretq_f32_u32(vshlq_n_u32(v, 16));
  odd = vreinterpretq_f32_u32(vandq_u32(v, vdupq_n_u32(0xFFFF0000u)));
}

OINF_INLINE float max_lane(F32 a) { return vmaxvq_f32(a.v); }

}  // namespace openinfer::neon
