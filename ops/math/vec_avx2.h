// Eight lanes of f32 for AVX2, FMA and F16C. What each operation means stands in vec_scalar.h. Only translation units
// that are compiled for this instruction set include this file.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstdint>

#include "ops/math/float_bits.h"
#include "ops/math/inline.h"

namespace openinfer::avx2 {

struct I32 {
  __m256i v;
};
struct Mask {
  __m256 v;  // all ones or all zeros a lane
};
struct F32 {
  using Int = I32;
  using Bool = Mask;
  static constexpr int kLanes = 8;
  __m256 v;
  F32() = default;
  OINF_INLINE F32(__m256 x) : v(x) {}                 // NOLINT
  OINF_INLINE F32(float x) : v(_mm256_set1_ps(x)) {}  // NOLINT: a number is the same in every lane
};

OINF_INLINE I32 int_lanes(F32, int32_t x) { return {_mm256_set1_epi32(x)}; }

OINF_INLINE F32 operator+(F32 a, F32 b) { return _mm256_add_ps(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a, F32 b) { return _mm256_sub_ps(a.v, b.v); }
OINF_INLINE F32 operator*(F32 a, F32 b) { return _mm256_mul_ps(a.v, b.v); }
OINF_INLINE F32 operator/(F32 a, F32 b) { return _mm256_div_ps(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a) { return _mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f)); }
OINF_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
OINF_INLINE F32 fnma(F32 a, F32 b, F32 c) { return _mm256_fnmadd_ps(a.v, b.v, c.v); }
OINF_INLINE F32 sqrt(F32 a) { return _mm256_sqrt_ps(a.v); }
OINF_INLINE F32 max(F32 a, F32 b) { return _mm256_max_ps(a.v, b.v); }
OINF_INLINE F32 min(F32 a, F32 b) { return _mm256_min_ps(a.v, b.v); }
OINF_INLINE F32 abs(F32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v); }
OINF_INLINE F32 copysign(F32 a, F32 b) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return _mm256_or_ps(_mm256_andnot_ps(sign, a.v), _mm256_and_ps(sign, b.v));
}
OINF_INLINE F32 round_even(F32 a) { return _mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 floor(F32 a) { return _mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 ceil(F32 a) { return _mm256_round_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 trunc(F32 a) { return _mm256_round_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

OINF_INLINE Mask operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
OINF_INLINE Mask operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
OINF_INLINE Mask operator>(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
OINF_INLINE Mask operator>=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
OINF_INLINE Mask operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
OINF_INLINE Mask operator!=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
OINF_INLINE Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.v, b.v)}; }
OINF_INLINE Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.v, b.v)}; }
OINF_INLINE Mask operator!(Mask a) { return {_mm256_xor_ps(a.v, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))}; }
OINF_INLINE bool any(Mask a) { return _mm256_movemask_ps(a.v) != 0; }
OINF_INLINE F32 select(Mask m, F32 a, F32 b) { return _mm256_blendv_ps(b.v, a.v, m.v); }
OINF_INLINE I32 select(Mask m, I32 a, I32 b) { return {_mm256_blendv_epi8(b.v, a.v, _mm256_castps_si256(m.v))}; }

OINF_INLINE I32 operator+(I32 a, I32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
OINF_INLINE I32 operator-(I32 a, I32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
OINF_INLINE I32 operator&(I32 a, I32 b) { return {_mm256_and_si256(a.v, b.v)}; }
OINF_INLINE I32 operator|(I32 a, I32 b) { return {_mm256_or_si256(a.v, b.v)}; }
OINF_INLINE I32 operator^(I32 a, I32 b) { return {_mm256_xor_si256(a.v, b.v)}; }
OINF_INLINE Mask operator==(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v, b.v))}; }
OINF_INLINE Mask operator>(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v, b.v))}; }
template <int N>
OINF_INLINE I32 shift_left(I32 a) {
  return {_mm256_slli_epi32(a.v, N)};
}
template <int N>
OINF_INLINE I32 shift_right(I32 a) {
  return {_mm256_srai_epi32(a.v, N)};
}

OINF_INLINE I32 bits(F32 a) { return {_mm256_castps_si256(a.v)}; }
OINF_INLINE F32 from_bits(I32 a) { return _mm256_castsi256_ps(a.v); }
OINF_INLINE I32 to_int(F32 a) { return {_mm256_cvttps_epi32(a.v)}; }
OINF_INLINE F32 to_float(I32 a) { return _mm256_cvtepi32_ps(a.v); }

OINF_INLINE __m256i first_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
OINF_INLINE F32 canonical(F32 a) { return select(a == a, a, F32(std::bit_cast<float>(math::kNanF32))); }

OINF_INLINE F32 load(F32, const float* p) { return _mm256_loadu_ps(p); }
OINF_INLINE F32 load(F32, const float* p, int n) { return _mm256_maskload_ps(p, first_lanes(n)); }
OINF_INLINE void store(float* p, F32 a) { _mm256_storeu_ps(p, a.v); }
OINF_INLINE void store(float* p, F32 a, int n) { _mm256_maskstore_ps(p, first_lanes(n), a.v); }

// Partial rows of 16-bit values pass through a small buffer: AVX2 has no masked move of that width.
OINF_INLINE __m128i load_halves(const uint16_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
OINF_INLINE __m128i load_halves(const uint16_t* p, int n) {
  alignas(16) uint16_t buffer[8] = {};
  for (int i = 0; i < n && i < 8; ++i) buffer[i] = p[i];
  return load_halves(buffer);
}
OINF_INLINE void store_halves(uint16_t* p, __m128i a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a); }
OINF_INLINE void store_halves(uint16_t* p, __m128i a, int n) {
  alignas(16) uint16_t buffer[8];
  store_halves(buffer, a);
  for (int i = 0; i < n && i < 8; ++i) p[i] = buffer[i];
}
OINF_INLINE F32 widen_bf16(__m128i h) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16)); }
OINF_INLINE __m128i narrow_f16(F32 a) {
  return _mm256_cvtps_ph(canonical(a).v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
OINF_INLINE __m128i narrow_bf16(F32 a) {
  const __m256i u = _mm256_castps_si256(canonical(a).v),
                odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF))), 16);
  // Canonical NaN rounds to itself: 0x7FC00000 + 0x7FFF keeps its upper half.
  return _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
}
OINF_INLINE F32 load_f16(F32, const uint16_t* p) { return _mm256_cvtph_ps(load_halves(p)); }
OINF_INLINE F32 load_f16(F32, const uint16_t* p, int n) { return _mm256_cvtph_ps(load_halves(p, n)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p) { return widen_bf16(load_halves(p)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p, int n) { return widen_bf16(load_halves(p, n)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a) { store_halves(p, narrow_f16(a)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_f16(a), n); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a) { store_halves(p, narrow_bf16(a)); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_bf16(a), n); }
OINF_INLINE void load_pairs_bf16(const uint16_t* p, F32& even, F32& odd) {
  const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  even = _mm256_castsi256_ps(_mm256_slli_epi32(v, 16));
  odd = _mm256_castsi256_ps(_mm256_and_si256(v, _mm256_set1_epi32(static_cast<int>(0xFFFF0000u))));
}

OINF_INLINE float max_lane(F32 a) {
  const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(c, _mm_shuffle_ps(c, c, 1)));
}

}  // namespace openinfer::avx2
