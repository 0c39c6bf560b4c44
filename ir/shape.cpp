#include "ir/shape.h"

namespace openinfer {

std::optional<int64_t> Shape::elements_checked() const {
  int64_t n = 1;
  bool zero = false;
  for (int64_t d : *this) {
    if (d < 0) return std::nullopt;
    if (d == 0) {
      zero = true;
      continue;
    }
    if (__builtin_mul_overflow(n, d, &n) || n > (int64_t{1} << 62)) return std::nullopt;
  }
  return zero ? 0 : n;
}

std::string to_string(const Shape& shape) {
  std::string s = "[";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i) s += ", ";
    s += std::to_string(shape[i]);
  }
  return s + "]";
}

TensorView TensorView::dense(void* data, DType dtype, const Shape& shape) {
  TensorView v;
  v.data = static_cast<std::byte*>(data);
  v.dtype = dtype;
  v.shape = shape;
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    v.strides[static_cast<size_t>(i)] = stride;
    stride *= shape[i];
  }
  return v;
}

bool TensorView::contiguous() const {
  if (layout != Layout::rowmajor) return false;
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[static_cast<size_t>(i)] != stride) return false;
    stride *= shape[i];
  }
  return true;
}

}  // namespace openinfer
