// The rows of a source tensor in the order and byte order of the package.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "oinf/pack/safetensors.h"

namespace openinfer::pack {

class SourceRows {
 public:
  explicit SourceRows(const SourceTensor& tensor);

  // Whether the mapped bytes are what the package stores.
  [[nodiscard]] bool direct() const { return tensor_.pair_rows == 0 && !tensor_.big_endian && !tensor_.transposed; }
  [[nodiscard]] uint64_t rows() const { return rows_; }
  [[nodiscard]] uint64_t row_bytes() const { return row_bytes_; }
  // `count` rows from `first` on: a view of the file where they lie there as they are, else of `buffer`.
  [[nodiscard]] std::span<const std::byte> read(uint64_t first, uint64_t count, std::vector<std::byte>& buffer) const;

 private:
  const SourceTensor& tensor_;
  uint64_t rows_ = 0;
  uint64_t row_bytes_ = 0;
};

}  // namespace openinfer::pack
