#include "runtime/adapters/text_output_file.h"

#include <span>
#include <utility>

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
  const auto plain = [this](std::string_view piece) { return append(piece); };
  ++tensors_;
  if (format_ == Format::text) {
    OINF_TRY(write_tensor_json(tensor, false, plain));
    return append("\n");
  }
  if (tensors_ == 1) return write_tensor_json(tensor, true, [this](std::string_view piece) { return first(piece); });
  if (tensors_ == 2) {
    if (room_) OINF_TRY(as_output_error(file_.overwrite(0, std::as_bytes(std::span(std::string_view("["))))));
    if (!room_) OINF_TRY(append("[" + first_));
    first_.clear();
  }
  OINF_TRY(append(",\n "));
  return write_tensor_json(tensor, true, plain);
}

// A short one waits; before a long one a blank keeps the place of the bracket.
Status TextOutputFile::first(std::string_view piece) {
  constexpr size_t kLong = size_t{1} << 20;
  if (room_) return append(piece);
  first_ += piece;
  if (first_.size() < kLong) return {};
  room_ = true;
  const std::string begin = " " + std::exchange(first_, {});
  return append(begin);
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
      OINF_TRY(append(tensors_ == 0 ? "[]\n" : tensors_ == 1 ? first_ + "\n" : std::string("]\n")));
    }
  }
  return as_output_error(file_.commit());
}

}  // namespace openinfer
