// Where --output NAME=FILE puts a value: .npy, .safetensors, .json or .txt by the file's suffix.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

// A value that is emitted once is written as it is. Several emissions of one type and shape append along a new first
// axis; to .txt they append as they come: texts as they are, tensors as JSON, one a line. .npy and .safetensors keep
// narrow floats only where the format has them (.npy: as f32).
class OutputFile {
 public:
  // name: of the output, an identifier. Nothing takes the place of `path` before commit. Errors: U0001 for a suffix
  // that is none of these, R0007 when the file cannot be made.
  static Result<std::unique_ptr<OutputFile>> create(std::string_view name, const std::string& path);

  // Whether there is a file for it, by the suffix and, where it is known, the type of what is emitted. U0001.
  static Status takes(std::string_view name, const std::string& path, std::optional<DType> type = std::nullopt);

  OutputFile() = default;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  virtual ~OutputFile() = default;

  // tensor: rowmajor, on the host; copied. Errors: R0003 when type or shape differ from the first emission's, R0007
  // when the format lacks the type or the disk is full.
  virtual Status add(const TensorView& tensor) = 0;
  // More of the text of an @text output. Errors: U0001 for the formats that hold tensors.
  virtual Status add_text(std::string_view text) = 0;
  // Gives the file its name; before the first emission too. Once, and last. Errors: R0007.
  virtual Status commit() = 0;
};

}  // namespace openinfer
