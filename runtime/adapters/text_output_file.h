// Outputs as .json and .txt.
#pragma once

#include <memory>
#include <string>

#include "oinf/atomic_file.h"
#include "runtime/adapters/output_file.h"

namespace openinfer {

// .json holds one value (a tensor as tensor_strict_json spells it, or a text as a JSON string); several tensors are a
// list.
class TextOutputFile final : public OutputFile {
 public:
  enum class Format : uint8_t { json, text };
  static Result<std::unique_ptr<OutputFile>> create(const std::string& path, Format format);

  Status add(const TensorView& tensor) override;
  Status add_text(std::string_view text) override;
  Status commit() override;

 private:
  TextOutputFile(Format format, AtomicFile file) : format_(format), file_(std::move(file)) {}
  Status append(std::string_view text);
  Status first(std::string_view piece);

  Format format_;
  AtomicFile file_;
  int64_t tensors_ = 0;
  std::string first_;  // .json: the first tensor waits until it is known whether it is one of a list
  bool room_ = false;  // .json: the first tensor stands in the file, behind a blank for the list's bracket
  bool is_text_ = false;
};

}  // namespace openinfer
