#include "oinf/pack/source_rows.h"

#include <algorithm>
#include <cstring>

namespace openinfer::pack {
namespace {

struct Field {
  uint32_t offset, bytes;
};

// What a block holds besides single bytes.
std::span<const Field> fields_of(DType dtype) {
  static constexpr Field kScale[] = {{0, 2}}, kScaleMin[] = {{0, 2}, {2, 2}}, kQ5[] = {{0, 2}, {2, 4}},
                         kQ51[] = {{0, 2}, {2, 2}, {4, 4}}, kQ2K[] = {{80, 2}, {82, 2}}, kQ3K[] = {{108, 2}},
                         kQ6K[] = {{208, 2}}, kXs[] = {{0, 2}, {2, 2}};
  switch (dtype) {
    case DType::q8_0:
    case DType::q4_0:
    case DType::iq4_nl:
      return kScale;
    case DType::q4_1:
    case DType::q4_k:
    case DType::q5_k:
      return kScaleMin;
    case DType::q5_0:
      return kQ5;
    case DType::q5_1:
      return kQ51;
    case DType::q2_k:
      return kQ2K;
    case DType::q3_k:
      return kQ3K;
    case DType::q6_k:
      return kQ6K;
    case DType::iq4_xs:
      return kXs;
    default:
      return {};
  }
}

void swap_bytes(DType dtype, std::span<std::byte> data) {
  const size_t unit = info(dtype).block_bytes;
  if (!is_block(dtype)) {
    for (size_t at = 0; unit > 1 && at + unit <= data.size(); at += unit)
      std::reverse(data.begin() + static_cast<std::ptrdiff_t>(at),
                   data.begin() + static_cast<std::ptrdiff_t>(at + unit));
    return;
  }
  for (size_t at = 0; at + unit <= data.size(); at += unit)
    for (const Field& f : fields_of(dtype)) {
      const auto field = data.subspan(at + f.offset, f.bytes);
      std::reverse(field.begin(), field.end());
    }
}

}  // namespace

SourceRows::SourceRows(const SourceTensor& tensor) : tensor_(tensor) {
  const int rank = tensor.shape.rank();
  rows_ = 1;
  for (int axis = 0; axis + 1 < rank; ++axis) rows_ *= static_cast<uint64_t>(tensor.shape[axis]);
  // The elements of a vector are rows of their own where their order changes.
  if (rank == 1 && tensor.pair_rows > 0) rows_ = static_cast<uint64_t>(tensor.shape[0]);
  row_bytes_ = rows_ == 0 ? 0 : tensor.data.size() / rows_;
}

std::span<const std::byte> SourceRows::read(uint64_t first, uint64_t count, std::vector<std::byte>& buffer) const {
  if (direct()) return tensor_.data.subspan(first * row_bytes_, count * row_bytes_);
  buffer.resize(count * row_bytes_);
  if (tensor_.transposed) {
    const uint64_t unit = info(tensor_.dtype).block_bytes, columns = row_bytes_ / unit;
    for (uint64_t column = 0; column < columns; ++column)
      for (uint64_t i = 0; i < count; ++i)
        std::memcpy(buffer.data() + i * row_bytes_ + column * unit,
                    tensor_.data.data() + (column * rows_ + first + i) * unit, unit);
    if (tensor_.big_endian) swap_bytes(tensor_.dtype, buffer);
    return buffer;
  }
  const uint64_t group = tensor_.pair_rows, half = group / 2;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t from = first + i;
    if (group > 0) {
      const uint64_t place = from % group;
      from = from - place + (place < half ? 2 * place : 2 * (place - half) + 1);
    }
    std::memcpy(buffer.data() + i * row_bytes_, tensor_.data.data() + from * row_bytes_, row_bytes_);
  }
  if (tensor_.big_endian) swap_bytes(tensor_.dtype, buffer);
  return buffer;
}

}  // namespace openinfer::pack
