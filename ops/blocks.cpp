#include "ops/blocks.h"

#include <array>
#include <cstring>

#include "ops/math/float_bits.h"

namespace openinfer {
namespace {

// One block and the place of an element in it.
struct At {
  const std::byte* block;
  int i;
  [[nodiscard]] int u8(int offset) const { return static_cast<int>(block[offset]); }
  [[nodiscard]] int i8(int offset) const { return static_cast<int8_t>(block[offset]); }
  [[nodiscard]] int u16(int offset) const { return u8(offset) | u8(offset + 1) << 8; }
  [[nodiscard]] float half(int offset) const { return math::f32_of_f16(static_cast<uint16_t>(u16(offset))); }
  // Blocks of 32: elements 0 … 15 are low nibbles, 16 … 31 high ones.
  [[nodiscard]] int nibble(int offset, int e) const { return u8(offset + e % 16) >> (e < 16 ? 0 : 4) & 15; }
};

constexpr std::array<int, 16> kNonLinear = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

float q5(At a, int high, int low) {
  return static_cast<float>(a.nibble(low, a.i) | (a.u8(high + a.i / 8) >> (a.i % 8) & 1) << 4);
}

// Blocks of 256: two halves of 128, each of four runs of 32 that share bytes, scales for 16.
struct Place {
  int half, run, l, scale;
  explicit Place(int i) : half(i / 128), run(i % 128 / 32), l(i % 32), scale(half * 8 + run * 2 + l / 16) {}
};

float q2_k(At a) {
  const Place p(a.i);
  const int scale = a.u8(p.scale), q = a.u8(16 + p.half * 32 + p.l) >> (2 * p.run) & 3;
  const float d = a.half(80) * static_cast<float>(scale & 15), m = a.half(82) * static_cast<float>(scale >> 4);
  return d * static_cast<float>(q) - m;
}

float q3_k(At a) {
  const Place p(a.i);
  const int s = p.scale;
  const int low = s < 8 ? a.u8(96 + s) & 15 : a.u8(96 + s - 8) >> 4, top = a.u8(96 + 8 + s % 4) >> (2 * (s / 4)) & 3;
  const int q = a.u8(32 + p.half * 32 + p.l) >> (2 * p.run) & 3, bit = a.u8(p.l) >> (p.half * 4 + p.run) & 1;
  return a.half(108) * static_cast<float>((low | top << 4) - 32) * static_cast<float>(q - (bit ? 0 : 4));
}

// Scale and minimum of a run of 32, six bits each in twelve bytes.
struct ScaleMin {
  int scale, min;
};
ScaleMin scale_min(At a, int offset, int run) {
  if (run < 4) return {a.u8(offset + run) & 63, a.u8(offset + run + 4) & 63};
  const int both = a.u8(offset + run + 4);
  return {(both & 15) | a.u8(offset + run - 4) >> 6 << 4, both >> 4 | a.u8(offset + run) >> 6 << 4};
}

float with_minimum(At a, int run, int q) {
  const ScaleMin s = scale_min(a, 4, run);
  const float d = a.half(0) * static_cast<float>(s.scale), m = a.half(2) * static_cast<float>(s.min);
  return d * static_cast<float>(q) - m;
}

float q4_k(At a) {
  const int run = a.i / 32;
  return with_minimum(a, run, a.u8(16 + run / 2 * 32 + a.i % 32) >> (run % 2 * 4) & 15);
}

float q5_k(At a) {
  const int run = a.i / 32, l = a.i % 32;
  return with_minimum(a, run, (a.u8(48 + run / 2 * 32 + l) >> (run % 2 * 4) & 15) | (a.u8(16 + l) >> run & 1) << 4);
}

float q6_k(At a) {
  const Place p(a.i);
  const int low = a.u8(p.half * 64 + p.run % 2 * 32 + p.l) >> (p.run / 2 * 4) & 15,
            top = a.u8(128 + p.half * 32 + p.l) >> (2 * p.run) & 3;
  return a.half(208) * static_cast<float>(a.i8(192 + p.scale)) * static_cast<float>((low | top << 4) - 32);
}

float iq4_xs(At a) {
  const int run = a.i / 32;
  const int scale = (a.u8(4 + run / 2) >> (run % 2 * 4) & 15) | (a.u16(2) >> (2 * run) & 3) << 4;
  return a.half(0) * static_cast<float>(scale - 32) *
         static_cast<float>(kNonLinear[static_cast<size_t>(a.nibble(8 + run * 16, a.i % 32))]);
}

}  // namespace

float block_element(DType type, const std::byte* base, int64_t index) {
  const DTypeInfo& t = info(type);
  const At a{base + index / t.block * t.block_bytes, static_cast<int>(index % t.block)};
  switch (type) {
    case DType::q8_0:
      return a.half(0) * static_cast<float>(a.i8(2 + a.i));
    case DType::q4_0:
      return a.half(0) * static_cast<float>(a.nibble(2, a.i) - 8);
    case DType::q4_1:
      return a.half(0) * static_cast<float>(a.nibble(4, a.i)) + a.half(2);
    case DType::q5_0:
      return a.half(0) * (q5(a, 2, 6) - 16.0f);
    case DType::q5_1:
      return a.half(0) * q5(a, 4, 8) + a.half(2);
    case DType::iq4_nl:
      return a.half(0) * static_cast<float>(kNonLinear[static_cast<size_t>(a.nibble(2, a.i))]);
    case DType::q2_k:
      return q2_k(a);
    case DType::q3_k:
      return q3_k(a);
    case DType::q4_k:
      return q4_k(a);
    case DType::q5_k:
      return q5_k(a);
    case DType::q6_k:
      return q6_k(a);
    case DType::iq4_xs:
      return iq4_xs(a);
    default:
      return 0.0f;
  }
}

}  // namespace openinfer
