#include "runtime/adapters/show_tensor.h"

#include "oinf/checksum.h"
#include "ops/element.h"
#include "runtime/adapters/format_number.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {
namespace {

void append_axis(std::string& text, const HostTensor& tensor, int axis, int64_t& next, bool strict) {
  if (axis == tensor.shape().rank()) {
    const size_t begin = text.size();
    append_element(text, tensor.data(), tensor.dtype(), next++);
    const char last = text.back();
    if (strict && (last == 'n' || last == 'f')) {  // nan, inf
      text.insert(begin, "\"");
      text.push_back('"');
    }
    return;
  }
  text.push_back('[');
  for (int64_t i = 0; i < tensor.shape()[axis]; ++i) {
    if (i > 0) text += ", ";
    append_axis(text, tensor, axis + 1, next, strict);
  }
  text.push_back(']');
}

std::string json_of(const HostTensor& tensor, bool strict = false) {
  std::string text;
  int64_t next = 0;
  append_axis(text, tensor, 0, next, strict);
  return text;
}

// " from A to B", and the count of NaN.
std::string range_of(const HostTensor& tensor) {
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

Result<std::string> tensor_json(const TensorView& tensor) {
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  return json_of(dense);
}

Result<std::string> tensor_strict_json(const TensorView& tensor) {
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  return json_of(dense, true);
}

Result<std::string> show_tensor(const TensorView& tensor, int64_t most) {
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  if (dense.elements() <= most) return json_of(dense);
  return std::string(name(dense.dtype())) + to_string(dense.shape()) + range_of(dense) + ", digest " +
         hex(checksum(dense.bytes()));
}

}  // namespace openinfer
