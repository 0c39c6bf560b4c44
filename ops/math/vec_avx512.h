// Sixteen lanes of f32 for AVX-512 (F, BW, DQ, VL) with FMA and F16C. What each operation means stands in vec_scalar.h.
// Only translation units that are compiled for this instruction set include this file.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstdint>

#include "ops/math/float_bits.h"
#include "ops/math/inline.h"

namespace openinfer::avx512 {

struct I32 {
  __m512i v;
};
struct Mask {
  __mmask16 v;
};
struct F32 {
  using Int = I32;
  using Bool = Mask;
  static constexpr int kLanes = 16;
  __m512 v;
  F32() = default;
  OINF_INLINE F32(__m512 x) : v(x) {}                 // NOLINT
  OINF_INLINE F32(float x) : v(_mm512_set1_ps(x)) {}  // NOLINT: a number is the same in every lane
};

OINF_INLINE I32 int_lanes(F32, int32_t x) { return {_mm512_set1_epi32(x)}; }

OINF_INLINE F32 operator+(F32 a, F32 b) { return _mm512_add_ps(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a, F32 b) { return _mm512_sub_ps(a.v, b.v); }
OINF_INLINE F32 operator*(F32 a, F32 b) { return _mm512_mul_ps(a.v, b.v); }
OINF_INLINE F32 operator/(F32 a, F32 b) { return _mm512_div_ps(a.v, b.v); }
OINF_INLINE F32 operator-(F32 a) { return _mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f)); }
OINF_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
OINF_INLINE F32 fnma(F32 a, F32 b, F32 c) { return _mm512_fnmadd_ps(a.v, b.v, c.v); }
OINF_INLINE F32 sqrt(F32 a) { return _mm512_sqrt_ps(a.v); }
OINF_INLINE F32 max(F32 a, F32 b) { return _mm512_max_ps(a.v, b.v); }
OINF_INLINE F32 min(F32 a, F32 b) { return _mm512_min_ps(a.v, b.v); }
OINF_INLINE F32 abs(F32 a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v); }
OINF_INLINE F32 copysign(F32 a, F32 b) {
  const __m512 sign = _mm512_set1_ps(-0.0f);
  return _mm512_or_ps(_mm512_andnot_ps(sign, a.v), _mm512_and_ps(sign, b.v));
}
OINF_INLINE F32 round_even(F32 a) { return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 floor(F32 a) { return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 ceil(F32 a) { return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
OINF_INLINE F32 trunc(F32 a) { return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

OINF_INLINE Mask operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
OINF_INLINE Mask operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
OINF_INLINE Mask operator>(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
OINF_INLINE Mask operator>=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
OINF_INLINE Mask operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
OINF_INLINE Mask operator!=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
OINF_INLINE Mask operator&(Mask a, Mask b) { return {_kand_mask16(a.v, b.v)}; }
OINF_INLINE Mask operator|(Mask a, Mask b) { return {_kor_mask16(a.v, b.v)}; }
OINF_INLINE Mask operator!(Mask a) { return {_knot_mask16(a.v)}; }
OINF_INLINE bool any(Mask a) { return a.v != 0; }
OINF_INLINE F32 select(Mask m, F32 a, F32 b) { return _mm512_mask_blend_ps(m.v, b.v, a.v); }
OINF_INLINE I32 select(Mask m, I32 a, I32 b) { return {_mm512_mask_blend_epi32(m.v, b.v, a.v)}; }

OINF_INLINE I32 operator+(I32 a, I32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
OINF_INLINE I32 operator-(I32 a, I32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
OINF_INLINE I32 operator&(I32 a, I32 b) { return {_mm512_and_si512(a.v, b.v)}; }
OINF_INLINE I32 operator|(I32 a, I32 b) { return {_mm512_or_si512(a.v, b.v)}; }
OINF_INLINE I32 operator^(I32 a, I32 b) { return {_mm512_xor_si512(a.v, b.v)}; }
OINF_INLINE Mask operator==(I32 a, I32 b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
OINF_INLINE Mask operator>(I32 a, I32 b) { return {_mm512_cmpgt_epi32_mask(a.v, b.v)}; }
template <int N>
OINF_INLINE I32 shift_left(I32 a) {
  return {_mm512_slli_epi32(a.v, N)};
}
template <int N>
OINF_INLINE I32 shift_right(I32 a) {
  return {_mm512_srai_epi32(a.v, N)};
}

OINF_INLINE I32 bits(F32 a) { return {_mm512_castps_si512(a.v)}; }
OINF_INLINE F32 from_bits(I32 a) { return _mm512_castsi512_ps(a.v); }
OINF_INLINE I32 to_int(F32 a) { return {_mm512_cvttps_epi32(a.v)}; }
OINF_INLINE F32 to_float(I32 a) { return _mm512_cvtepi32_ps(a.v); }

OINF_INLINE __mmask16 first_lanes(int n) {
  return n >= 16 ? __mmask16{0xFFFF} : n <= 0 ? __mmask16{0} : static_cast<__mmask16>((1u << n) - 1);
}
OINF_INLINE F32 canonical(F32 a) { return select(a == a, a, F32(std::bit_cast<float>(math::kNanF32))); }

OINF_INLINE F32 load(F32, const float* p) { return _mm512_loadu_ps(p); }
OINF_INLINE F32 load(F32, const float* p, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
OINF_INLINE void store(float* p, F32 a) { _mm512_storeu_ps(p, a.v); }
OINF_INLINE void store(float* p, F32 a, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), a.v); }

OINF_INLINE __m256i load_halves(const uint16_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
OINF_INLINE __m256i load_halves(const uint16_t* p, int n) { return _mm256_maskz_loadu_epi16(first_lanes(n), p); }
OINF_INLINE void store_halves(uint16_t* p, __m256i a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
OINF_INLINE void store_halves(uint16_t* p, __m256i a, int n) { _mm256_mask_storeu_epi16(p, first_lanes(n), a); }
OINF_INLINE F32 widen_bf16(__m256i h) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16)); }
OINF_INLINE __m256i narrow_f16(F32 a) {
  return _mm512_cvtps_ph(canonical(a).v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
OINF_INLINE __m256i narrow_bf16(F32 a) {
  const __m512i u = _mm512_castps_si512(canonical(a).v),
                odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
  // Not vcvtneps2bf16, which flushes subnormals. The canonical NaN rounds to itself.
  return _mm512_cvtepi32_epi16(
      _mm512_srli_epi32(_mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF))), 16));
}
OINF_INLINE F32 load_f16(F32, const uint16_t* p) { return _mm512_cvtph_ps(load_halves(p)); }
OINF_INLINE F32 load_f16(F32, const uint16_t* p, int n) { return _mm512_cvtph_ps(load_halves(p, n)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p) { return widen_bf16(load_halves(p)); }
OINF_INLINE F32 load_bf16(F32, const uint16_t* p, int n) { return widen_bf16(load_halves(p, n)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a) { store_halves(p, narrow_f16(a)); }
OINF_INLINE void store_f16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_f16(a), n); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a) { store_halves(p, narrow_bf16(a)); }
OINF_INLINE void store_bf16(uint16_t* p, F32 a, int n) { store_halves(p, narrow_bf16(a), n); }
OINF_INLINE void load_pairs_bf16(const uint16_t* p, F32& even, F32& odd) {
  const __m512i v = _mm512_loadu_si512(p);
  even = _mm512_castsi512_ps(_mm512_slli_epi32(v, 16));
  odd = _mm512_castsi512_ps(_mm512_and_si512(v, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
}

OINF_INLINE float max_lane(F32 a) {
  const __m256 h = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 b = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(c, _mm_shuffle_ps(c, c, 1)));
}

}  // namespace openinfer::avx512
