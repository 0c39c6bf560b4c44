#include "runtime/adapters/host_tensor.h"

#include <cstring>
#include <new>
#include <string>

namespace openinfer {
namespace {

// Visits the elements of a strided view in row-major order, one run of the last axis at a time.
template <class Visit>
void for_each_row(const TensorView& view, Visit&& visit) {
  const int rank = view.shape.rank();
  const int outer = rank > 0 ? rank - 1 : 0;
  Shape index;
  for (int axis = 0; axis < outer; ++axis) index.push_back(0);
  while (true) {
    int64_t offset = 0;
    for (int axis = 0; axis < outer; ++axis) offset += index[axis] * view.strides[static_cast<size_t>(axis)];
    visit(offset);
    int axis = outer - 1;
    while (axis >= 0 && ++index[axis] == view.shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

}  // namespace

void HostTensor::Free::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, std::align_val_t{kHostAlignment});
}

Result<HostTensor> HostTensor::zeros(DType dtype, const Shape& shape) {
  const std::optional<int64_t> elements = shape.elements_checked();
  const int64_t row = shape.rank() > 0 ? shape[shape.rank() - 1] : 1;
  const std::optional<uint64_t> size =
      elements ? storage_bytes(dtype, static_cast<uint64_t>(*elements), static_cast<uint64_t>(row)) : std::nullopt;
  if (!size || *size > uint64_t{PTRDIFF_MAX})
    return Diagnostic(Code::I0004, "no tensor " + std::string(name(dtype)) + to_string(shape) + " fits into memory");
  HostTensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.size_ = static_cast<size_t>(*size);
  const size_t allocated = tensor.size_ > 0 ? tensor.size_ : 1;
  tensor.bytes_.reset(new (std::align_val_t{kHostAlignment}, std::nothrow) std::byte[allocated]);
  if (!tensor.bytes_)
    return Diagnostic(Code::R0006, "no memory for " + std::to_string(tensor.size_) + " bytes of " +
                                       std::string(name(dtype)) + to_string(shape));
  std::memset(tensor.bytes_.get(), 0, allocated);
  return tensor;
}

Result<HostTensor> HostTensor::copy_of(const TensorView& view) {
  OINF_ASSIGN(HostTensor copy, zeros(view.dtype, view.shape));
  if (copy.size_ == 0) return copy;
  if (!is_plain(view.dtype) || view.contiguous()) {
    std::memcpy(copy.data(), view.data, copy.size_);
    return copy;
  }
  const size_t size = element_bytes(view.dtype);
  const int rank = view.shape.rank();
  const int64_t row = view.shape[rank - 1], stride = view.strides[static_cast<size_t>(rank - 1)];
  std::byte* to = copy.data();
  for_each_row(view, [&](int64_t offset) {
    for (int64_t i = 0; i < row; ++i, to += size)
      std::memcpy(to, view.data + (offset + i * stride) * static_cast<int64_t>(size), size);
  });
  return copy;
}

}  // namespace openinfer
