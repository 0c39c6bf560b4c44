#include "ops/reference/quantised_chain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ops/math/float_bits.h"
#include "ops/reference/chain.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

struct Group {
  std::array<int, 32> q{};
  float scale = 0;
};

// scale = max|x| / 127, q = round half to even of x · (127 / max|x|). Below 2^-100 all is zero, since 127 / max|x|
// would overflow; what is not finite makes the scale NaN.
Group quantise(const std::array<float, 32>& x) {
  Group g;
  float top = 0;
  for (float v : x) {
    if (!std::isfinite(v)) {
      g.scale = std::numeric_limits<float>::quiet_NaN();
      return g;
    }
    top = std::max(top, std::fabs(v));
  }
  if (top < 0x1p-100f) return g;
  const float inverse = 127.0f / top;
  for (size_t i = 0; i < 32; ++i) g.q[i] = static_cast<int>(std::nearbyint(x[i] * inverse));
  g.scale = top / 127.0f;
  return g;
}

struct WeightGroup {
  std::array<int, 32> q;
  float scale;
};

// q8_0: a scale and 32 signed bytes. q4_0: a scale and 32 nibbles that stand for -8 … 7, the low ones first.
WeightGroup stored(const TensorView& w, int64_t block) {
  const bool eight = w.dtype == DType::q8_0;
  const std::byte* b = w.data + block * info(w.dtype).block_bytes;
  WeightGroup g;
  g.scale = math::f32_of_f16(static_cast<uint16_t>(static_cast<unsigned>(b[0]) | static_cast<unsigned>(b[1]) << 8));
  for (size_t i = 0; i < 32; ++i) {
    if (eight) {
      g.q[i] = static_cast<int8_t>(b[2 + i]);
    } else {
      g.q[i] = (static_cast<int>(b[2 + i % 16]) >> (i < 16 ? 0 : 4) & 15) - 8;
    }
  }
  return g;
}

}  // namespace

float quantised_chain(const TensorView& x, int64_t row, const TensorView& weight, int64_t n) {
  const int64_t k = weight.shape[weight.shape.rank() - 1];
  float total = 0;
  for (int64_t first = 0; first < k; first += kSegment) {
    float acc = 0;
    for (int64_t at = first; at < std::min(first + kSegment, k); at += 32) {
      std::array<float, 32> values;
      load_row(x, row, at, 32, values.data());
      const Group a = quantise(values);
      const WeightGroup w = stored(weight, (n * k + at) / 32);
      int dot = 0;
      for (size_t i = 0; i < 32; ++i) dot += w.q[i] * a.q[i];
      acc = std::fma(static_cast<float>(dot), w.scale * a.scale, acc);
    }
    total += acc;
  }
  return total;
}

}  // namespace openinfer::reference
