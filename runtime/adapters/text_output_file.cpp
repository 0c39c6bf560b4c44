#include "runtime/adapters/text_output_file.h"

#include <span>

#include "runtime/adapters/json_string.h"
#include "runtime/adapters/output_errors.h"
#include "runtime/adapters/show_tensor.h"

namespace openinfer {

Result<std::unique_ptr<OutputFile>> TextOutputFile::create(const std::string& path, Format format) {
  OINF_ASSIGN(AtomicFile file, as_output_error(AtomicFile::create(path)));
  return std::unique_ptr<OutputFile>(new TextOutputFile(format, std::move(file)));
}

Status TextOutputFile::append(std::string_view text) {
  return as_output_error(file_.append(std::as_bytes(std::span(text))));
}

Status TextOutputFile::add(const TensorView& tensor) {
  OINF_ASSIGN(const std::string json, tensor_json(tensor));
  ++tensors_;
  if (format_ == Format::text) return append(json + "\n");
  if (tensors_ == 1) {
    first_ = json;
    return {};
  }
  if (tensors_ == 2) OINF_TRY(append("[" + first_));
  return append(",\n " + json);
}

Status TextOutputFile::add_text(std::string_view text) {
  if (format_ == Format::text) return append(text);
  if (!is_text_) OINF_TRY(append("\""));
  is_text_ = true;
  return append(json_escaped(text));
}

Status TextOutputFile::commit() {
  if (format_ == Format::json) {
    if (is_text_) {
      OINF_TRY(append("\"\n"));
    } else {
      OINF_TRY(append(tensors_ == 0 ? "[]\n" : tensors_ == 1 ? first_ + "\n" : "]\n"));
    }
  }
  return as_output_error(file_.commit());
}

}  // namespace openinfer
