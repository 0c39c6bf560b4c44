// A tensor in host memory that owns its bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

inline constexpr size_t kHostAlignment = 64;  // bytes: a cache line, the widest vector

class HostTensor {
 public:
  HostTensor() = default;  // holds nothing
  // Dense, row-major, all bytes zero. Errors: I0004 for a shape whose size overflows, R0006 out of memory.
  static Result<HostTensor> zeros(DType dtype, const Shape& shape);
  // A dense copy. view: rowmajor; strides count for plain types.
  static Result<HostTensor> copy_of(const TensorView& view);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] int64_t elements() const { return shape_.elements(); }
  [[nodiscard]] std::byte* data() { return bytes_.get(); }
  [[nodiscard]] const std::byte* data() const { return bytes_.get(); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }
  // Valid as long as this tensor is neither moved from nor destroyed.
  [[nodiscard]] TensorView view() const { return TensorView::dense(bytes_.get(), dtype_, shape_); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };

  DType dtype_ = DType::f32;
  Shape shape_{0};
  size_t size_ = 0;
  std::unique_ptr<std::byte[], Free> bytes_;
};

}  // namespace openinfer
