// Rows of tensors: the last axis of a view of any strides, and weights in their stored layouts.
#pragma once

#include <array>

#include "ir/panel16.h"
#include "ops/blocks.h"
#include "ops/element.h"
#include "ops/reference/walk.h"

namespace openinfer::reference {

// First element of row `row` (row-major over all axes but the last). Block types are dense.
inline int64_t row_start(const TensorView& v, int64_t row) {
  if (v.shape.rank() == 0) return 0;
  if (is_block(v.dtype)) return row * v.shape[v.shape.rank() - 1];
  return offset_of(v, row, v.shape.rank() - 1);
}

// Elements first … first+n-1 of a row.
template <class V>
void load_row(const TensorView& v, int64_t row, int64_t first, int64_t n, V* out) {
  const int64_t stride = is_block(v.dtype) ? 1 : last_stride(v);
  load_elements(v.data, v.dtype, row_start(v, row) + first * stride, stride, n, out);
}

// A matrix of weights, all axes but the last as rows, row-major or in panels of 16 rows.
class Weight {
 public:
  explicit Weight(const TensorView& view) : view_(view), k_(view.shape[view.shape.rank() - 1]) {}

  template <class V>
  void load(int64_t row, int64_t first, int64_t n, V* out) const {
    if (view_.layout == Layout::rowmajor) return load_row(view_, row, first, n, out);
    const int64_t panel = row / 16, lane = row % 16;
    if (is_block(view_.dtype)) {
      std::array<std::byte, kMaxBlockBytes> space;
      const int64_t size = info(view_.dtype).block;
      for (int64_t i = 0; i < n;) {
        const int64_t at = (first + i) % size, count = std::min(n - i, size - at);
        load_elements(block(row, (first + i) / size, space), view_.dtype, at, 1, count, out + i);
        i += count;
      }
      return;
    }
    if (view_.dtype != DType::bf16)
      return load_elements(view_.data, view_.dtype, (panel * k_ + first) * 16 + lane, 16, n, out);
    // bf16: pairs of k side by side, an odd k padded.
    const int64_t pairs = (k_ + 1) / 2;
    for (int64_t i = 0; i < n; ++i)
      out[i] = load_element<V>(view_.data, view_.dtype,
                               ((panel * pairs + (first + i) / 2) * 16 + lane) * 2 + (first + i) % 2);
  }
  // Of a block type: elements first … first+31 of a row, first being a multiple of 32.
  [[nodiscard]] BlockGroup group(int64_t row, int64_t first) const {
    if (view_.layout == Layout::rowmajor) return block_group(view_.dtype, view_.data, row * k_ + first);
    std::array<std::byte, kMaxBlockBytes> space;
    const int64_t size = info(view_.dtype).block;
    return block_group(view_.dtype, block(row, first / size, space), first % size);
  }
  [[nodiscard]] const TensorView& view() const { return view_; }
  [[nodiscard]] int64_t k() const { return k_; }

 private:
  static constexpr size_t kMaxBlockBytes = 256;

  const std::byte* block(int64_t row, int64_t index, std::array<std::byte, kMaxBlockBytes>& space) const {
    const PanelMatrix matrix{static_cast<uint64_t>(view_.shape.elements() / k_), static_cast<uint64_t>(k_)};
    unpack_panel_block(view_.dtype, matrix, view_.data, static_cast<uint64_t>(row), static_cast<uint64_t>(index),
                       std::span(space).first(info(view_.dtype).block_bytes));
    return space.data();
  }

  const TensorView& view_;
  int64_t k_;
};

// Rows or panels of a type whose panels Weight reads.
inline bool weight_is_read(const KernelOperand& w) {
  return w.layout == Layout::rowmajor || w.dtype == DType::f32 || w.dtype == DType::f16 || w.dtype == DType::bf16 ||
         is_block(w.dtype);
}

// Calls f(float{}) or, where x or y is f64, f(double{}).
template <class F>
auto with_real(const KernelArgs& args, const F& f) {
  return args.inputs[0].dtype == DType::f64 || args.outputs[0].dtype == DType::f64 ? f(double{}) : f(float{});
}

// Whether an optional input is there.
inline bool given(const KernelArgs& args, size_t i) { return i < args.inputs.size() && args.inputs[i].data != nullptr; }

template <class V>
V element(const TensorView& v, int64_t i) {
  return load_element<V>(v.data, v.dtype, is_block(v.dtype) ? i : offset_of(v, i, v.shape.rank()));
}
template <class V>
void set_element(const TensorView& v, int64_t i, V x) {
  store_element(v.data, v.dtype, is_block(v.dtype) ? i : offset_of(v, i, v.shape.rank()), x);
}

}  // namespace openinfer::reference
