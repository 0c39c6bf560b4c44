#include "runtime/adapters/array_output.h"

#include <algorithm>
#include <span>

#include "runtime/adapters/convert.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/output_errors.h"
#include "runtime/adapters/safetensors_value.h"

namespace openinfer {

Result<std::unique_ptr<OutputFile>> ArrayOutput::create(std::string name, const std::string& path, Format format) {
  OINF_ASSIGN(AtomicFile file, as_output_error(AtomicFile::create(path)));
  return std::unique_ptr<OutputFile>(new ArrayOutput(std::move(name), format, std::move(file)));
}

std::optional<std::string> ArrayOutput::header() const {
  Shape shape;
  if (emissions_ > 1) shape.push_back(emissions_);
  for (const int64_t size : shape_) shape.push_back(size);
  return format_ == Format::npy ? npy_header(stored_, shape) : safetensors_header(name_, stored_, shape);
}

Status ArrayOutput::begin(const TensorView& first) {
  const std::optional<DType> stored = format_ == Format::npy ? npy_dtype(first.dtype) : std::optional(first.dtype);
  if (!stored || !is_plain(*stored))
    return Diagnostic(Code::R0007, "the output `" + name_ + "` of type " + std::string(openinfer::name(first.dtype)) +
                                       " has no counterpart in this format");
  emitted_ = first.dtype;
  stored_ = *stored;
  shape_ = first.shape;
  const std::optional<std::string> room = header();
  return as_output_error(file_.append(std::as_bytes(std::span(*room))));
}

Status ArrayOutput::add(const TensorView& tensor) {
  if (emissions_ == 0) {
    OINF_TRY(begin(tensor));
  } else if (tensor.dtype != emitted_ || !(tensor.shape == shape_)) {
    return Diagnostic(Code::R0003, "the output `" + name_ + "` was " + std::string(openinfer::name(emitted_)) +
                                       to_string(shape_) + " and is now " + std::string(openinfer::name(tensor.dtype)) +
                                       to_string(tensor.shape) + ": such values do not append to each other");
  } else if (shape_.rank() == kMaxRank) {
    return Diagnostic(Code::R0007, "the output `" + name_ + "` has 8 axes, so several values cannot stand in one file");
  }
  ++emissions_;
  if (!is_plain(emitted_) || !tensor.contiguous()) {
    OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
    return is_plain(emitted_) ? append(dense.view()) : convert(dense.view());
  }
  return append(tensor);
}

// In pieces: no second copy of a large value.
Status ArrayOutput::append(const TensorView& dense) {
  constexpr int64_t kPiece = 65536;
  const int64_t elements = dense.shape.elements();
  const auto size = static_cast<int64_t>(element_bytes(emitted_));
  if (stored_ == emitted_) return as_output_error(file_.append({dense.data, static_cast<size_t>(elements * size)}));
  for (int64_t at = 0; at < elements; at += kPiece)
    OINF_TRY(convert(TensorView::dense(dense.data + at * size, emitted_, Shape{std::min(kPiece, elements - at)})));
  return {};
}

Status ArrayOutput::convert(const TensorView& dense) {
  OINF_ASSIGN(HostTensor copy, HostTensor::copy_of(dense));
  OINF_ASSIGN(const HostTensor values, convert_exactly(std::move(copy), stored_));
  return as_output_error(file_.append(values.bytes()));
}

Status ArrayOutput::add_text(std::string_view) {
  return Diagnostic(Code::U0001, "the output `" + name_ + "` is a text, which goes to .txt or .json");
}

Status ArrayOutput::commit() {
  const std::optional<std::string> text = header();  // [0] when nothing was emitted
  const auto bytes = std::as_bytes(std::span(*text));
  OINF_TRY(as_output_error(emissions_ == 0 ? file_.append(bytes) : file_.overwrite(0, bytes)));
  return as_output_error(file_.commit());
}

}  // namespace openinfer
