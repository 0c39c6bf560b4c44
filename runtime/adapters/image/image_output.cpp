#include "runtime/adapters/image/image_output.h"

#include "oinf/atomic_file.h"
#include "runtime/adapters/image/encode_png.h"
#include "runtime/adapters/image/image_tensor.h"
#include "runtime/adapters/known_axes.h"
#include "runtime/adapters/output_errors.h"

namespace openinfer {
Status ImageOutput::add(const TensorView& tensor) {
  OINF_ASSIGN(const ImageSettings settings,
              image_settings(adapter_, tensor.dtype, known_axes(tensor.shape), dims_, package_));
  OINF_ASSIGN(pictures_, pictures_of_tensor(tensor, settings));
  return {};
}

Status ImageOutput::add_text(std::string_view) {
  return Diagnostic(Code::U0001, "`" + path_ + "`: a text has no place in a PNG file");
}

Status ImageOutput::commit() {
  if (pictures_.empty()) return Diagnostic(Code::R0007, "`" + path_ + "`: no picture was emitted");
  const std::string stem = path_.substr(0, path_.size() - std::string_view(".png").size());
  for (size_t n = 0; n < pictures_.size(); ++n) {
    OINF_ASSIGN(const std::string content, encode_png(pictures_[n]));
    const std::string path = pictures_.size() == 1 ? path_ : stem + "-" + std::to_string(n) + ".png";
    OINF_TRY(as_output_error(AtomicFile::write(path, std::as_bytes(std::span(content)))));
  }
  return {};
}

}  // namespace openinfer
