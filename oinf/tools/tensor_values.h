// The values of a stored tensor in row-major order, whatever its layout.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "oinf/package.h"
#include "oinf/scalar.h"

namespace openinfer {

class TensorValues {
 public:
  // P0026 for a tensor that the package lacks. The package must outlive it.
  static Result<TensorValues> of(const Package& package, std::string_view tensor);

  [[nodiscard]] const TensorInfo& info() const { return info_; }
  [[nodiscard]] uint64_t size() const { return static_cast<uint64_t>(info_.shape.elements()); }
  // As stored, without scales and zero points of a quantisation record; a block type's own scales count.
  [[nodiscard]] double operator[](uint64_t i) const;
  // Row-major bytes.
  [[nodiscard]] std::span<const std::byte> bytes() const { return rows_; }

 private:
  TensorInfo info_;
  std::shared_ptr<const std::vector<std::byte>> unpacked_;  // of a tensor in panels
  std::span<const std::byte> rows_;
};

// The error of a tensor that the package lacks, with the name that may have been meant.
[[nodiscard]] Diagnostic with_nearest(Diagnostic error, std::string_view tensor, const Package& package);

}  // namespace openinfer
