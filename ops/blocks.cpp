#include "ops/blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "ir/block_code.h"
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
};

constexpr std::array<int, 16> kNonLinear = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// What an element is stored as: value = scale · q + minimum.
struct Coded {
  int q;
  float scale;
  float minimum = 0;
};

// Blocks of 256: a scale for every 16.
Coded q2_k(At a, int code) {
  const int scale = a.u8(a.i / 16);
  return {code, a.half(80) * static_cast<float>(scale & 15), -(a.half(82) * static_cast<float>(scale >> 4))};
}

Coded q3_k(At a, int code) {
  const int s = a.i / 16;
  const int low = s < 8 ? a.u8(96 + s) & 15 : a.u8(96 + s - 8) >> 4, top = a.u8(96 + 8 + s % 4) >> (2 * (s / 4)) & 3;
  return {code - 4, a.half(108) * static_cast<float>((low | top << 4) - 32)};
}

// Scale and minimum of a run of 32, six bits each in twelve bytes.
Coded with_minimum(At a, int code) {
  const int run = a.i / 32, offset = 4, both = a.u8(offset + run + 4);
  const int scale = run < 4 ? a.u8(offset + run) & 63 : (both & 15) | a.u8(offset + run - 4) >> 6 << 4,
            min = run < 4 ? both & 63 : both >> 4 | a.u8(offset + run) >> 6 << 4;
  return {code, a.half(0) * static_cast<float>(scale), -(a.half(2) * static_cast<float>(min))};
}

Coded iq4_xs(At a, int code) {
  const int run = a.i / 32;
  const int scale = (a.u8(4 + run / 2) >> (run % 2 * 4) & 15) | (a.u16(2) >> (2 * run) & 3) << 4;
  return {kNonLinear[static_cast<size_t>(code)], a.half(0) * static_cast<float>(scale - 32)};
}

Coded coded(DType type, const std::byte* base, int64_t index) {
  const DTypeInfo& t = info(type);
  const At a{base + index / t.block * t.block_bytes, static_cast<int>(index % t.block)};
  const int code = static_cast<int>(block_code(type, a.block, a.i));
  switch (type) {
    case DType::q8_0:
      return {static_cast<int8_t>(code), a.half(0)};
    case DType::q4_0:
      return {code - 8, a.half(0)};
    case DType::q4_1:
    case DType::q5_1:
      return {code, a.half(0), a.half(2)};
    case DType::q5_0:
      return {code - 16, a.half(0)};
    case DType::iq4_nl:
      return {kNonLinear[static_cast<size_t>(code)], a.half(0)};
    case DType::q2_k:
      return q2_k(a, code);
    case DType::q3_k:
      return q3_k(a, code);
    case DType::q4_k:
    case DType::q5_k:
      return with_minimum(a, code);
    case DType::q6_k:
      return {code - 32, a.half(208) * static_cast<float>(a.i8(192 + a.i / 16))};
    case DType::iq4_xs:
      return iq4_xs(a, code);
    default:
      return {};
  }
}

bool has_minimum(DType type) {
  return type == DType::q4_1 || type == DType::q5_1 || type == DType::q2_k || type == DType::q4_k ||
         type == DType::q5_k;
}

}  // namespace

float block_element(DType type, const std::byte* base, int64_t index) {
  const Coded c = coded(type, base, index);
  const float value = c.scale * static_cast<float>(c.q);
  return has_minimum(type) ? value + c.minimum : value;
}

BlockGroup block_group(DType type, const std::byte* base, int64_t index) {
  BlockGroup g;
  g.has_minimum = has_minimum(type);
  g.parts = type == DType::q2_k || type == DType::q3_k || type == DType::q6_k ? 2 : 1;
  for (size_t i = 0; i < 32; ++i) {
    const Coded c = coded(type, base, index + static_cast<int64_t>(i));
    g.q[i] = c.q;
    g.scale[i / 16] = c.scale;
    g.minimum[i / 16] = c.minimum;
  }
  return g;
}

void store_q8_0(std::byte* base, int64_t first, int64_t n, const float* values) {
  const DTypeInfo& t = info(DType::q8_0);
  for (int64_t at = 0; at < n; at += t.block) {
    const float* x = values + at;
    std::byte* block = base + (first + at) / t.block * t.block_bytes;
    float largest = 0;
    bool finite = true;
    for (int i = 0; i < t.block; ++i) {
      finite &= std::isfinite(x[i]);
      largest = std::max(largest, std::fabs(x[i]));
    }
    const float scale = finite ? largest / 127.0F : std::numeric_limits<float>::quiet_NaN();
    const float inverse = finite && scale != 0 ? 1.0F / scale : 0.0F;
    const uint16_t half = math::f16_of_f32(scale);
    std::memcpy(block, &half, sizeof half);
    for (int i = 0; i < t.block; ++i) {
      // A scale so small that its inverse is infinite stands for zeros only.
      const float q = finite && std::isfinite(inverse) ? std::round(x[i] * inverse) : 0.0F;
      block[2 + i] = static_cast<std::byte>(static_cast<int8_t>(q));
    }
  }
}

}  // namespace openinfer
