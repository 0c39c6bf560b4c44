// Exact widening and once-rounded narrowing of the 8- and 16-bit float types, and the one NaN that results hold.
// Everything here is integer arithmetic, so every machine gives the same bits.
#pragma once

#include <bit>
#include <cstdint>

#include "ops/math/inline.h"

namespace openinfer::math {

// NaN payloads and signs differ between processors; an op's result holds this one only.
inline constexpr uint32_t kNanF32 = 0x7FC00000u;
inline constexpr uint64_t kNanF64 = 0x7FF8000000000000u;
inline constexpr uint16_t kNanF16 = 0x7E00u;
inline constexpr uint16_t kNanBf16 = 0x7FC0u;

OINF_INLINE float canonical(float x) { return x == x ? x : std::bit_cast<float>(kNanF32); }
OINF_INLINE double canonical(double x) { return x == x ? x : std::bit_cast<double>(kNanF64); }

OINF_INLINE float f32_of_f16(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, exponent = h >> 10 & 31u, mantissa = h & 1023u;
  if (exponent == 31) return std::bit_cast<float>(mantissa ? kNanF32 : sign | 0x7F800000u);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float tiny = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(tiny) | sign);
}

OINF_INLINE float f32_of_bf16(uint16_t h) { return canonical(std::bit_cast<float>(static_cast<uint32_t>(h) << 16)); }

// Round to nearest even; beyond the largest finite value: infinity.
OINF_INLINE uint16_t f16_of_f32(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint16_t>(u >> 16 & 0x8000u);
  u &= 0x7FFFFFFFu;
  if (u > 0x7F800000u) return kNanF16;
  if (u >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);
  if (u < 0x38800000u) {  // subnormal: the addition of 0.5 rounds at 2^-24
    const auto shifted = std::bit_cast<uint32_t>(std::bit_cast<float>(u) + 0.5f);
    return static_cast<uint16_t>(sign | (shifted - 0x3F000000u));
  }
  u += 0xC8000FFFu + (u >> 13 & 1u);
  return static_cast<uint16_t>(sign | u >> 13);
}

OINF_INLINE uint16_t bf16_of_f32(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x);
  if (x != x) return kNanBf16;
  return static_cast<uint16_t>((u + 0x7FFFu + (u >> 16 & 1u)) >> 16);
}

// Narrowing from f64 rounds once: the f32 in between is rounded to odd, which keeps what the second rounding needs.
OINF_INLINE float f32_of_f64_to_odd(double x) {
  const auto nearest = static_cast<float>(x);
  const double back = static_cast<double>(nearest);
  if (x != x || back == x) return nearest;
  auto u = std::bit_cast<uint32_t>(nearest);
  if ((u & 1u) != 0) return nearest;  // inexact and odd already
  const bool away = (back < 0 ? -back : back) > (x < 0 ? -x : x);
  u = away ? u - 1 : u + 1;  // the neighbour on the other side of x is the odd one
  return std::bit_cast<float>(u);
}
OINF_INLINE uint16_t f16_of_f64(double x) { return f16_of_f32(f32_of_f64_to_odd(x)); }
OINF_INLINE uint16_t bf16_of_f64(double x) { return bf16_of_f32(f32_of_f64_to_odd(x)); }

// f8: E5M2 with infinities and NaN, the upper byte of an f16.
OINF_INLINE float f32_of_f8(uint8_t b) { return f32_of_f16(static_cast<uint16_t>(b << 8)); }
OINF_INLINE uint8_t f8_of_f32(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint8_t>(u >> 24 & 0x80u);
  u &= 0x7FFFFFFFu;
  if (u > 0x7F800000u) return 0x7E;
  if (u >= 0x47700000u) return static_cast<uint8_t>(sign | 0x7Cu);  // 61440: half way from 57344 to 65536
  if (u < 0x38800000u) {                                            // subnormal: 128 rounds at 2^-16
    const auto shifted = std::bit_cast<uint32_t>(std::bit_cast<float>(u) + 128.0f);
    return static_cast<uint8_t>(sign | (shifted - 0x43000000u));
  }
  u += 0xC80FFFFFu + (u >> 21 & 1u);
  return static_cast<uint8_t>(sign | u >> 21);
}
OINF_INLINE uint8_t f8_of_f64(double x) { return f8_of_f32(f32_of_f64_to_odd(x)); }

// f8e4m3 (E4M3FN): finite only; 0x7F and 0xFF are NaN, and what is too large becomes NaN.
OINF_INLINE float f32_of_f8e4m3(uint8_t b) {
  const uint32_t sign = static_cast<uint32_t>(b & 0x80u) << 24, exponent = b >> 3 & 15u, mantissa = b & 7u;
  if (exponent == 15 && mantissa == 7) return std::bit_cast<float>(kNanF32);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 120) << 23 | mantissa << 20);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(mantissa) * 0x1p-9f) | sign);
}
OINF_INLINE uint8_t f8e4m3_of_f32(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint8_t>(u >> 24 & 0x80u);
  u &= 0x7FFFFFFFu;
  if (u > 0x43E80000u) return 0x7F;  // above 464, half way from 448 to 480; also NaN
  if (u < 0x3C800000u) {             // subnormal: 16384 rounds at 2^-9
    const auto shifted = std::bit_cast<uint32_t>(std::bit_cast<float>(u) + 16384.0f);
    return static_cast<uint8_t>(sign | (shifted - 0x46800000u));
  }
  u += 0xC407FFFFu + (u >> 20 & 1u);
  return static_cast<uint8_t>(sign | u >> 20);
}
OINF_INLINE uint8_t f8e4m3_of_f64(double x) { return f8e4m3_of_f32(f32_of_f64_to_odd(x)); }

}  // namespace openinfer::math
