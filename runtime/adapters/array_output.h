// Outputs as .npy and .safetensors: a header of fixed size, then the values as they come. The header is written last,
// when their number is known.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "oinf/atomic_file.h"
#include "runtime/adapters/output_file.h"

namespace openinfer {

class ArrayOutput final : public OutputFile {
 public:
  enum class Format : uint8_t { npy, safetensors };
  static Result<std::unique_ptr<OutputFile>> create(std::string name, const std::string& path, Format format);

  Status add(const TensorView& tensor) override;
  Status add_text(std::string_view text) override;
  Status commit() override;

 private:
  ArrayOutput(std::string name, Format format, AtomicFile file)
      : name_(std::move(name)), format_(format), file_(std::move(file)) {}
  // The header for what was added so far; nothing for a type that the format lacks.
  [[nodiscard]] std::optional<std::string> header() const;
  Status begin(const TensorView& first);
  Status append(const TensorView& dense);
  Status convert(const TensorView& dense);

  std::string name_;
  Format format_;
  AtomicFile file_;
  int64_t emissions_ = 0;
  DType emitted_ = DType::f32;  // as it comes
  DType stored_ = DType::f32;   // as the format has it
  Shape shape_{0};              // of one emission
};

}  // namespace openinfer
