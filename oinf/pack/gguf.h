// A GGUF file, version 2 or 3 of either byte order, mapped. Keys, tensor table and the place of every payload are
// checked before anything is given out. Source: the GGUF specification of the ggml project.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"
#include "oinf/mapped_file.h"

namespace openinfer::pack {

// Strings are views of the mapped file, and not checked to be UTF-8.
using GgufValue = std::variant<bool, int64_t, double, std::string_view, std::vector<bool>, std::vector<int64_t>,
                               std::vector<double>, std::vector<std::string_view>>;

struct GgufTensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;                      // outermost axis first
  std::span<const std::byte> data;  // row-major, in the file's byte order; part of the mapped file
};

class GgufFile {
 public:
  // P0002 for a file that ends early, P0004 for another version, P0029 for a malformed header, P0005, P0006 and P0007
  // for payloads outside the file, unaligned or overlapping, P0009 for a name that is there twice, P0011 names a tensor
  // type that is not read, P0013 for a rank above 8, P0008 for a size that overflows, P0012 for a name.
  static Result<GgufFile> open(const std::string& path);
  // Whether bytes begin as such a file does.
  static bool recognise(std::span<const std::byte> bytes);

  // In the order of the file.
  [[nodiscard]] const std::vector<std::pair<std::string, GgufValue>>& keys() const { return keys_; }
  [[nodiscard]] const GgufValue* find(std::string_view key) const;
  // Nothing when the key is absent or of another kind. A u64 above 2^63 - 1 is none.
  [[nodiscard]] std::optional<int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::optional<double> number(std::string_view key) const;  // integers too
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;

  [[nodiscard]] const std::vector<GgufTensor>& tensors() const { return tensors_; }
  [[nodiscard]] bool big_endian() const { return big_endian_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return file_.bytes(); }
  // P0016 when it was written to since it was opened.
  [[nodiscard]] Status unchanged() const { return file_.unchanged(); }

 private:
  explicit GgufFile(MappedFile file) : file_(std::move(file)) {}
  Status read();

  MappedFile file_;
  bool big_endian_ = false;
  std::vector<std::pair<std::string, GgufValue>> keys_;
  std::vector<GgufTensor> tensors_;
};

}  // namespace openinfer::pack
