// A safetensors file, mapped. The header is checked whole before any tensor is given out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"
#include "oinf/mapped_file.h"

namespace openinfer::pack {

struct SourceTensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::span<const std::byte> data;  // row-major; part of a mapped file
  // Rows come in groups of so many, in which the two members of each rotated pair stand side by side; the package has
  // all first members before all second ones. 0: rows are in the package's order. A multiple of 2 that divides the
  // rows.
  uint64_t pair_rows = 0;
  bool big_endian = false;
  bool transposed = false;  // `data` has the two axes of `shape` the other way round; not of a block type
};

class SafetensorsFile {
 public:
  // P0020 for a malformed header, P0011 for an unknown type, P0013 for a rank above 8, P0008 for a size that
  // overflows, P0014 for one that differs from its offsets, P0005, P0007 and P0010 for offsets outside, overlapping
  // and with holes between them, P0012 for a name.
  static Result<SafetensorsFile> open(const std::string& path);
  // Whether bytes begin as such a file does.
  static bool recognise(std::span<const std::byte> bytes);

  // In the order of their data.
  [[nodiscard]] const std::vector<SourceTensor>& tensors() const { return tensors_; }
  // The texts of `__metadata__`.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return file_.bytes(); }
  // P0016 when it was written to since it was opened.
  [[nodiscard]] Status unchanged() const { return file_.unchanged(); }

 private:
  explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}
  Status read();

  MappedFile file_;
  std::vector<SourceTensor> tensors_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace openinfer::pack
