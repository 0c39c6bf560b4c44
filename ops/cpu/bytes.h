// Bytes in 32-bit lanes: what integer dot products take. A lane holds four neighbouring k of one row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ops/cpu/lanes.h"

namespace openinfer::OINF_ISA {

// The same byte in every place.
constexpr int32_t bytes_of(unsigned byte) { return static_cast<int32_t>(byte * 0x01010101u); }

// Four bytes to every lane.
OINF_INLINE I32 four_bytes(const int8_t* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return int_lanes(F32(), word);
}

// load_words: kLanes words. widen_i8, widen_u16: so many bytes or halves, one a lane. logical_shift: by 0 to 31.
// look_up: each byte below 16 becomes that entry of the table.
// dot_codes: acc + the sum of a lane's four products, codes being 0 … 127 and x -127 … 127.
// dot_signed: the same for w of -128 … 127, but on machines that multiply unsigned by signed only w + kSignedOffset is
// multiplied, and who calls takes kSignedOffset times the sum of x off.
#if defined(OINF_ISA_AVX512VNNI) || defined(OINF_ISA_AVX512)
OINF_INLINE I32 load_words(const std::byte* p) { return {_mm512_loadu_si512(p)}; }
OINF_INLINE void store_words(std::byte* p, I32 a) { _mm512_storeu_si512(p, a.v); }
OINF_INLINE I32 widen_i8(const std::byte* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
OINF_INLINE I32 widen_u16(const std::byte* p) {
  return {_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
OINF_INLINE I32 logical_shift(I32 a, int n) { return {_mm512_srl_epi32(a.v, _mm_cvtsi32_si128(n))}; }
OINF_INLINE I32 look_up(const int8_t* table, I32 codes) {
  const __m128i entries = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(entries), codes.v)};
}
#if defined(OINF_ISA_AVX512VNNI)
inline constexpr int kSignedOffset = 128;
OINF_INLINE I32 dot_codes(I32 acc, I32 codes, I32 x) { return {_mm512_dpbusd_epi32(acc.v, codes.v, x.v)}; }
OINF_INLINE I32 dot_signed(I32 acc, I32 w, I32 x) { return dot_codes(acc, w ^ int_lanes(F32(), bytes_of(0x80)), x); }
#else
inline constexpr int kSignedOffset = 0;
OINF_INLINE I32 dot_codes(I32 acc, I32 codes, I32 x) {
  const __m512i pairs = _mm512_maddubs_epi16(codes.v, x.v);
  return {_mm512_add_epi32(acc.v, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))};
}
OINF_INLINE I32 dot_signed(I32 acc, I32 w, I32 x) {
  const __m512i signs = _mm512_mask_sub_epi8(x.v, _mm512_movepi8_mask(w.v), _mm512_setzero_si512(), x.v);
  return dot_codes(acc, {_mm512_abs_epi8(w.v)}, {signs});
}
#endif
#elif defined(OINF_ISA_AVX2)
OINF_INLINE I32 load_words(const std::byte* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
OINF_INLINE void store_words(std::byte* p, I32 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
OINF_INLINE I32 widen_i8(const std::byte* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
OINF_INLINE I32 widen_u16(const std::byte* p) {
  return {_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
OINF_INLINE I32 logical_shift(I32 a, int n) { return {_mm256_srl_epi32(a.v, _mm_cvtsi32_si128(n))}; }
OINF_INLINE I32 look_up(const int8_t* table, I32 codes) {
  const __m128i entries = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), codes.v)};
}
inline constexpr int kSignedOffset = 0;
OINF_INLINE I32 dot_codes(I32 acc, I32 codes, I32 x) {
  const __m256i pairs = _mm256_maddubs_epi16(codes.v, x.v);
  return {_mm256_add_epi32(acc.v, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))};
}
OINF_INLINE I32 dot_signed(I32 acc, I32 w, I32 x) {
  return dot_codes(acc, {_mm256_abs_epi8(w.v)}, {_mm256_sign_epi8(x.v, w.v)});
}
#elif defined(OINF_ISA_NEON)
OINF_INLINE I32 load_words(const std::byte* p) { return {vld1q_s32(reinterpret_cast<const int32_t*>(p))}; }
OINF_INLINE void store_words(std::byte* p, I32 a) { vst1q_s32(reinterpret_cast<int32_t*>(p), a.v); }
OINF_INLINE I32 widen_i8(const std::byte* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return {vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(word)))))};
}
OINF_INLINE I32 widen_u16(const std::byte* p) {
  return {vreinterpretq_s32_u32(vmovl_u16(vld1_u16(reinterpret_cast<const uint16_t*>(p))))};
}
OINF_INLINE I32 logical_shift(I32 a, int n) {
  return {vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.v), vdupq_n_s32(-n)))};
}
OINF_INLINE I32 look_up(const int8_t* table, I32 codes) {
  return {vreinterpretq_s32_s8(vqtbl1q_s8(vld1q_s8(table), vreinterpretq_u8_s32(codes.v)))};
}
inline constexpr int kSignedOffset = 0;
OINF_INLINE I32 dot_signed(I32 acc, I32 w, I32 x) {
  const int8x16_t a = vreinterpretq_s8_s32(w.v), b = vreinterpretq_s8_s32(x.v);
  // Pairs of products sum up to 2 · 128 · 127, which is within an int16.
  const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
  return {vpadalq_s16(acc.v, vpaddq_s16(low, high))};
}
OINF_INLINE I32 dot_codes(I32 acc, I32 codes, I32 x) { return dot_signed(acc, codes, x); }
#else
OINF_INLINE I32 load_words(const std::byte* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return {word};
}
OINF_INLINE void store_words(std::byte* p, I32 a) { std::memcpy(p, &a.v, 4); }
OINF_INLINE I32 widen_i8(const std::byte* p) { return {static_cast<int8_t>(*p)}; }
OINF_INLINE I32 widen_u16(const std::byte* p) {
  uint16_t half;
  std::memcpy(&half, p, 2);
  return {half};
}
OINF_INLINE I32 logical_shift(I32 a, int n) { return {static_cast<int32_t>(static_cast<uint32_t>(a.v) >> n)}; }
OINF_INLINE I32 look_up(const int8_t* table, I32 codes) {
  uint32_t found = 0;
  for (int i = 0; i < 32; i += 8) found |= static_cast<uint32_t>(static_cast<uint8_t>(table[codes.v >> i & 15])) << i;
  return {static_cast<int32_t>(found)};
}
inline constexpr int kSignedOffset = 0;
OINF_INLINE I32 dot_signed(I32 acc, I32 w, I32 x) {
  for (int i = 0; i < 32; i += 8) acc.v += static_cast<int8_t>(w.v >> i & 255) * static_cast<int8_t>(x.v >> i & 255);
  return acc;
}
OINF_INLINE I32 dot_codes(I32 acc, I32 codes, I32 x) { return dot_signed(acc, codes, x); }
#endif

// A lane's f16 scales: kLanes of them.
OINF_INLINE F32 load_halves_f16(const std::byte* p) { return load_f16(F32(), reinterpret_cast<const uint16_t*>(p)); }

}  // namespace openinfer::OINF_ISA
