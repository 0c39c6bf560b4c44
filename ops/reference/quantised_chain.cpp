#include "ops/reference/quantised_chain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ops/reference/chain.h"

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

}  // namespace

float quantised_chain(const TensorView& x, int64_t row, const Weight& weight, int64_t n) {
  const int64_t k = weight.k();
  float total = 0;
  for (int64_t first = 0; first < k; first += kSegment) {
    float acc = 0;
    for (int64_t at = first; at < std::min(first + kSegment, k); at += 32) {
      std::array<float, 32> values;
      load_row(x, row, at, 32, values.data());
      const Group a = quantise(values);
      const BlockGroup w = weight.group(n, at);
      const int size = 32 / w.parts;
      for (int part = 0; part < w.parts; ++part) {
        int dot = 0, sum = 0;
        for (int i = part * size; i < (part + 1) * size; ++i) {
          const auto e = static_cast<size_t>(i);
          dot += w.q[e] * a.q[e];
          sum += a.q[e];
        }
        const auto p = static_cast<size_t>(part);
        acc = std::fma(static_cast<float>(dot), w.scale[p] * a.scale, acc);
        if (w.has_minimum) acc = std::fma(w.minimum[p], static_cast<float>(sum) * a.scale, acc);
      }
    }
    total += acc;
  }
  return total;
}

float quantised_chain(float* numbers, int64_t n, const TensorView& weight, int64_t row) {
  const TensorView rows = TensorView::dense(weight.data, weight.dtype, {n == 0 ? 0 : weight.elements() / n, n});
  return quantised_chain(TensorView::dense(numbers, DType::f32, {1, n}), 0, Weight(rows), row);
}

}  // namespace openinfer::reference
