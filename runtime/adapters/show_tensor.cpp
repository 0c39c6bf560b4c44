#include "runtime/adapters/show_tensor.h"

#include "oinf/checksum.h"
#include "ops/element.h"
#include "runtime/adapters/format_number.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {
namespace {

// A tensor whose elements lie one after the other: the given one, or a copy of one that has gaps.
class Dense {
 public:
  static Result<Dense> of(const TensorView& tensor) {
    Dense d;
    d.view_ = tensor;
    if (!is_plain(tensor.dtype) || tensor.contiguous()) return d;
    OINF_ASSIGN(d.copy_, HostTensor::copy_of(tensor));
    d.view_ = d.copy_.view();
    return d;
  }
  [[nodiscard]] const std::byte* data() const { return view_.data; }
  [[nodiscard]] DType dtype() const { return view_.dtype; }
  [[nodiscard]] const Shape& shape() const { return view_.shape; }
  [[nodiscard]] int64_t elements() const { return view_.shape.elements(); }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    const int rank = shape().rank();
    const auto row = static_cast<uint64_t>(rank > 0 ? shape()[rank - 1] : 1);
    return {data(), storage_bytes(dtype(), static_cast<uint64_t>(elements()), row).value_or(0)};
  }

 private:
  TensorView view_;
  HostTensor copy_;
};

// Passes the text on in pieces, so that it never stands in memory as a whole.
class JsonWriter {
 public:
  JsonWriter(const Dense& tensor, bool strict, const TextSink& sink) : tensor_(tensor), strict_(strict), sink_(sink) {}
  Status run() {
    OINF_TRY(axis(0));
    return sink_(text_);
  }

 private:
  Status axis(int axis_index) {
    if (axis_index == tensor_.shape().rank()) return element();
    text_.push_back('[');
    for (int64_t i = 0; i < tensor_.shape()[axis_index]; ++i) {
      if (i > 0) text_ += ", ";
      OINF_TRY(axis(axis_index + 1));
    }
    text_.push_back(']');
    return {};
  }
  Status element() {
    constexpr size_t kPiece = 65536;
    if (text_.size() > kPiece) {
      OINF_TRY(sink_(text_));
      text_.clear();
    }
    const size_t begin = text_.size();
    append_element(text_, tensor_.data(), tensor_.dtype(), next_++);
    const char last = text_.back();
    if (strict_ && (last == 'n' || last == 'f')) {  // nan, inf
      text_.insert(begin, "\"");
      text_.push_back('"');
    }
    return {};
  }

  const Dense& tensor_;
  bool strict_;
  const TextSink& sink_;
  std::string text_;
  int64_t next_ = 0;
};

Result<std::string> whole(const TensorView& tensor, bool strict) {
  std::string text;
  OINF_TRY(write_tensor_json(tensor, strict, [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  }));
  return text;
}

// " from A to B", and the count of NaN.
std::string range_of(const Dense& tensor) {
  int64_t lowest = -1, highest = -1, nans = 0;
  const auto value = [&](int64_t i) { return load_element<double>(tensor.data(), tensor.dtype(), i); };
  const int64_t elements = tensor.elements();
  for (int64_t i = 0; i < elements; ++i) {
    const double v = value(i);
    if (v != v) {
      ++nans;
      continue;
    }
    if (lowest < 0 || v < value(lowest)) lowest = i;
    if (highest < 0 || v > value(highest)) highest = i;
  }
  std::string text;
  if (lowest >= 0)
    text = " from " + format_element(tensor.data(), tensor.dtype(), lowest) + " to " +
           format_element(tensor.data(), tensor.dtype(), highest);
  if (nans > 0) text += ", " + std::to_string(nans) + " nan";
  return text;
}

}  // namespace

Status write_tensor_json(const TensorView& tensor, bool strict, const TextSink& sink) {
  OINF_ASSIGN(const Dense dense, Dense::of(tensor));
  return JsonWriter(dense, strict, sink).run();
}

Result<std::string> tensor_json(const TensorView& tensor) { return whole(tensor, false); }
Result<std::string> tensor_strict_json(const TensorView& tensor) { return whole(tensor, true); }

Result<std::string> show_tensor(const TensorView& tensor, int64_t most) {
  OINF_ASSIGN(const Dense dense, Dense::of(tensor));
  if (dense.elements() <= most) return tensor_json(tensor);
  return std::string(name(dense.dtype())) + to_string(dense.shape()) + range_of(dense) + ", digest " +
         hex(checksum(dense.bytes()));
}

}  // namespace openinfer
