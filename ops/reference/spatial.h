// What ops over one to three spatial axes share: sizes, strides and padding as arrays of three, missing axes in front
// with size 1.
#pragma once

#include <array>
#include <cstdint>

#include "ops/kernel.h"

namespace openinfer::reference {

using Three = std::array<int64_t, 3>;

// x as [B, C, s0, s1, s2]: sizes and strides in elements.
struct Images {
  int64_t batch = 1, channels = 1;
  int64_t batch_stride = 0, channel_stride = 0;
  Three size{1, 1, 1}, stride{0, 0, 0};

  Images(const TensorView& v, int axes) {
    const int first = v.shape.rank() - axes;
    if (first > 1) {
      batch = v.shape[0];
      batch_stride = v.strides[0];
    }
    channels = v.shape[first - 1];
    channel_stride = v.strides[static_cast<size_t>(first - 1)];
    for (int i = 0; i < axes; ++i) {
      size[static_cast<size_t>(3 - axes + i)] = v.shape[first + i];
      stride[static_cast<size_t>(3 - axes + i)] = v.strides[static_cast<size_t>(first + i)];
    }
  }
  [[nodiscard]] int64_t cells() const { return size[0] * size[1] * size[2]; }
  [[nodiscard]] Three cell(int64_t i) const { return {i / size[2] / size[1], i / size[2] % size[1], i % size[2]}; }
  [[nodiscard]] int64_t at(int64_t b, int64_t c, const Three& s) const {
    return b * batch_stride + c * channel_stride + s[0] * stride[0] + s[1] * stride[1] + s[2] * stride[2];
  }
  [[nodiscard]] bool inside(const Three& s) const {
    return s[0] >= 0 && s[0] < size[0] && s[1] >= 0 && s[1] < size[1] && s[2] >= 0 && s[2] < size[2];
  }
};

// A spatial attribute: one number for all axes or one for each; missing axes get `neutral`. Of `pad` these are the
// beginnings, also when the ends follow.
inline Three spread(const KernelAttr& attr, int axes, int64_t neutral) {
  Three t{neutral, neutral, neutral};
  for (int i = 0; i < axes; ++i)
    t[static_cast<size_t>(3 - axes + i)] =
        attr.integers().size() == 1 ? attr.integers()[0] : attr.integers()[static_cast<size_t>(i)];
  return t;
}

}  // namespace openinfer::reference
