// Shapes with numbers in them, and views of tensors in host memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "ir/dtype.h"

namespace openinfer {

inline constexpr int kMaxRank = 8;

// Up to eight sizes, outermost first. Rank 0 is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) {
    for (int64_t d : dims) push_back(d);
  }
  explicit Shape(std::span<const int64_t> dims) {
    for (int64_t d : dims) push_back(d);
  }

  [[nodiscard]] int rank() const { return rank_; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis)]; }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  void push_back(int64_t dim) { dims_[rank_++] = dim; }  // only below kMaxRank
  void resize(int rank) {
    for (int i = rank_; i < rank; ++i) dims_[static_cast<size_t>(i)] = 1;
    rank_ = static_cast<uint8_t>(rank);
  }
  [[nodiscard]] const int64_t* begin() const { return dims_.data(); }
  [[nodiscard]] const int64_t* end() const { return dims_.data() + rank_; }
  [[nodiscard]] std::span<const int64_t> dims() const { return {dims_.data(), rank_}; }

  // Product of all sizes: 1 for a scalar. Only for shapes that were checked (see elements_checked).
  [[nodiscard]] int64_t elements() const {
    int64_t n = 1;
    for (int64_t d : *this) n *= d;
    return n;
  }
  // Nothing when a size is negative or the product passes 2^62.
  [[nodiscard]] std::optional<int64_t> elements_checked() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  std::array<int64_t, kMaxRank> dims_{};
  uint8_t rank_ = 0;
};

[[nodiscard]] std::string to_string(const Shape& shape);  // "[2, 77, 768]"

// How the elements of a stored tensor lie in memory (docs/spec/oinf.md).
enum class Layout : uint8_t {
  rowmajor,  // the last axis is dense
  panel16,   // panels of 16 rows of the matrix [N, K], K being the last axis; see the package spec
};

// A tensor in host memory that somebody else owns. Strides are in elements (meaningful for plain types and the layout
// rowmajor only; packed and block types are dense). data points at the first element.
struct TensorView {
  std::byte* data = nullptr;
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  Shape shape;
  std::array<int64_t, kMaxRank> strides{};

  // Dense, in row-major order.
  static TensorView dense(void* data, DType dtype, const Shape& shape);
  [[nodiscard]] bool contiguous() const;  // rowmajor without gaps; axes of size 1 count for nothing
  [[nodiscard]] int64_t elements() const { return shape.elements(); }
  template <class T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data);
  }
};

}  // namespace openinfer
