// A square of kLanes x kLanes values turned over, in registers.
#pragma once

#include "ops/cpu/lanes.h"

namespace openinfer::OINF_ISA {

#if defined(OINF_ISA_AVX512)
OINF_INLINE void transpose(F32 (&r)[16]) {
  __m512 a[16], b[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {  // pairs of rows
    a[i] = _mm512_unpacklo_ps(r[i].v, r[i + 1].v);
    a[i + 1] = _mm512_unpackhi_ps(r[i].v, r[i + 1].v);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {  // 4x4 squares within 128 bits
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
      const __m512d low = _mm512_castps_pd(a[i + h]), high = _mm512_castps_pd(a[i + 2 + h]);
      b[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      b[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // then the 128-bit quarters of rows i, 4+i, 8+i, 12+i
    const __m512 low02 = _mm512_shuffle_f32x4(b[i], b[4 + i], 0x88), low13 = _mm512_shuffle_f32x4(b[i], b[4 + i], 0xDD);
    const __m512 high02 = _mm512_shuffle_f32x4(b[8 + i], b[12 + i], 0x88),
                 high13 = _mm512_shuffle_f32x4(b[8 + i], b[12 + i], 0xDD);
    r[i] = _mm512_shuffle_f32x4(low02, high02, 0x88);
    r[4 + i] = _mm512_shuffle_f32x4(low13, high13, 0x88);
    r[8 + i] = _mm512_shuffle_f32x4(low02, high02, 0xDD);
    r[12 + i] = _mm512_shuffle_f32x4(low13, high13, 0xDD);
  }
}
#elif defined(OINF_ISA_AVX2)
OINF_INLINE void transpose(F32 (&r)[8]) {
  __m256 a[8], b[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(r[i].v, r[i + 1].v);
    a[i + 1] = _mm256_unpackhi_ps(r[i].v, r[i + 1].v);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
      b[i + 2 * h] = _mm256_shuffle_ps(a[i + h], a[i + 2 + h], 0x44);
      b[i + 2 * h + 1] = _mm256_shuffle_ps(a[i + h], a[i + 2 + h], 0xEE);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(b[i], b[4 + i], 0x20);
    r[4 + i] = _mm256_permute2f128_ps(b[i], b[4 + i], 0x31);
  }
}
#elif defined(OINF_ISA_NEON)
OINF_INLINE void transpose(F32 (&r)[4]) {
  const float32x4_t a = vtrn1q_f32(r[0].v, r[1].v), b = vtrn2q_f32(r[0].v, r[1].v);
  const float32x4_t c = vtrn1q_f32(r[2].v, r[3].v), d = vtrn2q_f32(r[2].v, r[3].v);
  r[0] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
  r[1] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
  r[2] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
  r[3] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
}
#else
OINF_INLINE void transpose(F32 (&)[1]) {}
#endif

// to[c * to_stride + r] = from[r * from_stride + c] for `rows` x `columns`; what is left of to's last kLanes of a row
// is set to zero (so to_stride is at least `rows` rounded up to kLanes).
inline void transpose_matrix(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to,
                             int64_t to_stride) {
  constexpr int kL = F32::kLanes;
  for (int64_t r0 = 0; r0 < rows; r0 += kL) {
    for (int64_t c0 = 0; c0 < columns; c0 += kL) {
      const int width = static_cast<int>(columns - c0 < kL ? columns - c0 : kL);
      F32 square[kL];
#pragma GCC unroll 16
      for (int i = 0; i < kL; ++i) {
        const float* row = from + (r0 + i) * from_stride + c0;
        square[i] = r0 + i >= rows ? F32(0.0f) : width == kL ? load(F32(), row) : load(F32(), row, width);
      }
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kL; ++i)
        if (i < width) store(to + (c0 + i) * to_stride + r0, square[i]);
    }
  }
}

}  // namespace openinfer::OINF_ISA
