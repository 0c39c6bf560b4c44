// A panel of 16 rows of block-quantised weights as docs/spec/oinf.md lays it out: codes, scales and minima of a group
// of 32 columns, rows in lanes.
#pragma once

#include "ir/dtype.h"
#include "ops/cpu/bytes.h"
#include "ops/cpu/panel_tile.h"

namespace openinfer::OINF_ISA {

// One panel's piece of each plane.
struct BlockPanel {
  const std::byte* plane[4];
};

// What the chain of numerics.md needs to know of a type: value = scale · (code - offset) + minimum, or a signed number
// in place of the code; a type with a scale for every 16 columns has two parts.
struct BlockTraits {
  int low_bits;
  int high_bits;
  int parts;
  bool minimum;
  int offset;
  bool is_signed;
};

constexpr BlockTraits block_traits(DType type) {
  switch (type) {
    case DType::q8_0:
      return {8, 0, 1, false, 0, true};
    case DType::q4_0:
      return {4, 0, 1, false, 8, false};
    case DType::q4_1:
    case DType::q4_k:
      return {4, 0, 1, true, 0, false};
    case DType::q5_0:
      return {4, 1, 1, false, 16, false};
    case DType::q5_1:
    case DType::q5_k:
      return {4, 1, 1, true, 0, false};
    case DType::q2_k:
      return {2, 0, 2, true, 0, false};
    case DType::q3_k:
      return {2, 1, 2, false, 4, false};
    case DType::q6_k:
      return {4, 2, 2, false, 32, false};
    default:  // iq4_nl, iq4_xs: codes are indices of a table of signed numbers
      return {4, 0, 1, false, 0, true};
  }
}

alignas(16) inline constexpr int8_t kNonLinear4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                       1,    13,   25,  38,  53,  69,  89,  113};

// Vector `v` of a row of 16 words that begins at p.
OINF_INLINE I32 words_at(const std::byte* p, int64_t row_of_words, int v) {
  return load_words(p + (row_of_words * kPanel + v * F32::kLanes) * 4);
}
// Bits of every byte, moved so that bit `from` becomes bit `to`, and nothing else.
template <int From, int To, unsigned Bits>
OINF_INLINE I32 bits_of_bytes(I32 a) {
  const I32 mask = int_lanes(F32(), bytes_of(Bits << To));
  if constexpr (From > To) return shift_right<From - To>(a) & mask;
  if constexpr (From < To) return shift_left<To - From>(a) & mask;
  return a & mask;
}

// Codes (or signed numbers) of columns 4J … 4J+3 of group g.
template <DType T, int J>
OINF_INLINE I32 block_codes(const BlockPanel& p, int64_t g, int v) {
  constexpr BlockTraits t = block_traits(T);
  I32 codes;
  if constexpr (t.low_bits == 8) codes = words_at(p.plane[0], g * 8 + J, v);
  if constexpr (t.low_bits == 4) codes = bits_of_bytes<J / 4 * 4, 0, 15>(words_at(p.plane[0], g * 4 + J % 4, v));
  if constexpr (t.low_bits == 2) codes = bits_of_bytes<J % 4 * 2, 0, 3>(words_at(p.plane[0], g * 2 + J / 4, v));
  if constexpr (t.high_bits == 1) codes = codes | bits_of_bytes<J, t.low_bits, 1>(words_at(p.plane[1], g, v));
  if constexpr (t.high_bits == 2)
    codes = codes | bits_of_bytes<J % 4 * 2, t.low_bits, 3>(words_at(p.plane[1], g * 2 + J / 4, v));
  if constexpr (T == DType::iq4_nl || T == DType::iq4_xs) codes = look_up(kNonLinear4, codes);
  return codes;
}

// Scale and minimum of q4_k and q5_k: six bits each in three words a row (GGUF's twelve bytes).
OINF_INLINE void six_bit_scales(const std::byte* header, int run, int v, F32& scale, F32& minimum) {
  const int64_t lane = v * F32::kLanes;
  const F32 d = load_halves_f16(header + lane * 2), least = load_halves_f16(header + 32 + lane * 2);
  const std::byte* words = header + 64;
  const auto field = [](I32 a, int shift, int mask) { return logical_shift(a, shift) & int_lanes(F32(), mask); };
  const int at = run % 4 * 8;
  I32 s, m;
  if (run < 4) {
    s = field(words_at(words, 0, v), at, 63);
    m = field(words_at(words, 1, v), at, 63);
  } else {
    const I32 low = words_at(words, 2, v);
    s = field(low, at, 15) | field(words_at(words, 0, v), at + 2, 48);
    m = field(low, at + 4, 15) | field(words_at(words, 1, v), at + 2, 48);
  }
  scale = d * to_float(s);
  minimum = -(least * to_float(m));
}

// Scales and minima of the rows of vector v in group g, a part each.
template <DType T>
OINF_INLINE void block_scales(const BlockPanel& p, int64_t g, int v, F32 (&scale)[2], F32 (&minimum)[2]) {
  const int64_t lane = v * F32::kLanes, super = g / 8;
  const int run = static_cast<int>(g % 8);
  const auto half = [&](const std::byte* plane, int64_t row) {
    return load_halves_f16(plane + (row * kPanel + lane) * 2);
  };
  const auto lanes = [](int x) { return int_lanes(F32(), x); };
  if constexpr (T == DType::q8_0 || T == DType::q4_0 || T == DType::iq4_nl) scale[0] = half(p.plane[1], g);
  if constexpr (T == DType::q5_0) scale[0] = half(p.plane[2], g);
  if constexpr (T == DType::q4_1 || T == DType::q5_1) {
    constexpr int kFirst = T == DType::q4_1 ? 1 : 2;
    scale[0] = half(p.plane[kFirst], g);
    minimum[0] = half(p.plane[kFirst + 1], g);
  }
  if constexpr (T == DType::q4_k) six_bit_scales(p.plane[1] + super * 256, run, v, scale[0], minimum[0]);
  if constexpr (T == DType::q5_k) six_bit_scales(p.plane[2] + super * 256, run, v, scale[0], minimum[0]);
  if constexpr (T == DType::q6_k)
    for (int part = 0; part < 2; ++part)
      scale[part] = half(p.plane[3], super) * to_float(widen_i8(p.plane[2] + (g * 2 + part) * kPanel + lane));
  if constexpr (T == DType::q2_k)
    for (int part = 0; part < 2; ++part) {
      const I32 both = widen_i8(p.plane[1] + (g * 2 + part) * kPanel + lane);
      scale[part] = half(p.plane[2], super * 2) * to_float(both & lanes(15));
      minimum[part] = -(half(p.plane[2], super * 2 + 1) * to_float(logical_shift(both, 4) & lanes(15)));
    }
  if constexpr (T == DType::q3_k)
    for (int part = 0; part < 2; ++part) {
      const int s = run * 2 + part;
      const I32 low = words_at(p.plane[2], super * 3 + s % 8 / 4, v), high = words_at(p.plane[2], super * 3 + 2, v);
      const I32 six = (logical_shift(low, s % 4 * 8 + s / 8 * 4) & lanes(15)) |
                      shift_left<4>(logical_shift(high, s % 4 * 8 + s / 4 * 2) & lanes(3));
      scale[part] = half(p.plane[3], super) * to_float(six - lanes(32));
    }
  if constexpr (T == DType::iq4_xs) {
    const std::byte* header = p.plane[1] + super * 128;
    const I32 low = logical_shift(words_at(header + 64, 0, v), run * 4) & lanes(15),
              high = logical_shift(widen_u16(header + 32 + lane * 2), run * 2) & lanes(3);
    scale[0] = load_halves_f16(header + lane * 2) * to_float((low | shift_left<4>(high)) - lanes(32));
  }
}

}  // namespace openinfer::OINF_ISA
