// Walks the elements of tensors of one shape in row-major order, whatever their strides.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "ir/shape.h"
#include "ops/kernel.h"

namespace openinfer::reference {

// The caller's threads, or none.
inline Parallel& threads(const KernelArgs& args) {
  static Serial serial;
  return args.parallel ? *args.parallel : serial;
}

// Element offset of the cell `index` (row-major over the first `axes` axes).
inline int64_t offset_of(const TensorView& v, int64_t index, int axes) {
  int64_t offset = 0;
  for (int a = axes - 1; a >= 0; --a) {
    const int64_t d = v.shape[a];
    offset += index % d * v.strides[static_cast<size_t>(a)];
    index /= d;
  }
  return offset;
}

inline int64_t stride_of(const TensorView& v, int axis) { return v.strides[static_cast<size_t>(axis)]; }
// Distance of neighbours of the last axis; 0 for a scalar.
inline int64_t last_stride(const TensorView& v) { return v.shape.rank() == 0 ? 0 : stride_of(v, v.shape.rank() - 1); }
// Product of all axes but the last `n`.
inline int64_t leading(const TensorView& v, int n) {
  int64_t product = 1;
  for (int a = 0; a < v.shape.rank() - n; ++a) product *= v.shape[a];
  return product;
}

// The axis that an attribute names, negative ones from the end; -1 when there is none. The rules check what is known
// before the run; an axis that a size gives is known only now.
inline int axis_of(int64_t named, int rank) {
  if (named < -rank || named >= rank) return -1;
  return static_cast<int>(named < 0 ? named + rank : named);
}

// Operands that are broadcast to the shape of the first one. Neighbouring axes that lie behind one another in all of
// them are one axis here, so that dense tensors are one row.
template <int N>
class Walk {
 public:
  Walk(const Shape& shape, const std::array<const TensorView*, N>& views) {
    for (int a = 0; a < shape.rank(); ++a) {
      Axis axis{shape[a], {}};
      for (size_t k = 0; k < N; ++k) {
        const int at = a - (shape.rank() - views[k]->shape.rank());
        axis.stride[k] = at < 0 || views[k]->shape[at] == 1 ? 0 : stride_of(*views[k], at);
      }
      if (axis.size == 1) continue;
      if (rank_ > 0 && joins(axes_[static_cast<size_t>(rank_ - 1)], axis)) {
        axis.size *= axes_[static_cast<size_t>(rank_ - 1)].size;
        --rank_;
      }
      axes_[static_cast<size_t>(rank_++)] = axis;
    }
    if (rank_ == 0) axes_[static_cast<size_t>(rank_++)] = Axis{shape.elements() == 0 ? 0 : 1, {}};
  }

  [[nodiscard]] int64_t stride(size_t k) const { return axes_[static_cast<size_t>(rank_ - 1)].stride[k]; }

  // Calls body(count, offsets of the N operands) for runs along the last axis that cover elements begin … end-1.
  template <class Body>
  void run(int64_t begin, int64_t end, int64_t longest, const Body& body) const {
    const int64_t length = axes_[static_cast<size_t>(rank_ - 1)].size;
    while (begin < end) {
      int64_t rest = begin / length;
      const int64_t column = begin % length, count = std::min({end - begin, length - column, longest});
      std::array<int64_t, N> offsets{};
      for (size_t k = 0; k < N; ++k) offsets[k] = column * stride(k);
      for (int a = rank_ - 2; a >= 0; --a) {
        const Axis& axis = axes_[static_cast<size_t>(a)];
        for (size_t k = 0; k < N; ++k) offsets[k] += rest % axis.size * axis.stride[k];
        rest /= axis.size;
      }
      body(count, offsets);
      begin += count;
    }
  }

 private:
  struct Axis {
    int64_t size = 1;
    std::array<int64_t, N> stride{};
  };
  static bool joins(const Axis& outer, const Axis& inner) {
    for (size_t k = 0; k < N; ++k)
      if (outer.stride[k] != inner.stride[k] * inner.size) return false;
    return true;
  }
  std::array<Axis, kMaxRank> axes_{};
  int rank_ = 0;
};

// Elements of a packed type share bytes, so that only one thread may write them.
inline int64_t element_grain(const TensorView& y) { return is_packed(y.dtype) ? INT64_MAX : 4096; }

}  // namespace openinfer::reference
