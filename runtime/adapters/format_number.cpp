#include "runtime/adapters/format_number.h"

#include <charconv>
#include <cmath>

#include "ops/element.h"

namespace openinfer {
namespace {

template <class T>
void append_chars(std::string& text, T value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  text.append(buffer, end);
}

}  // namespace

void append_element(std::string& text, const std::byte* base, DType dtype, int64_t index) {
  if (dtype == DType::boolean) {
    text += load_element<int64_t>(base, dtype, index) != 0 ? "true" : "false";
    return;
  }
  const bool floating = is_float(dtype) || is_block(dtype);
  if (!floating) {
    if (is_signed(dtype) || info(dtype).kind == DTypeKind::packed_ternary)
      return append_chars(text, load_element<int64_t>(base, dtype, index));
    return append_chars(text, load_element<uint64_t>(base, dtype, index));
  }
  const auto value = load_element<double>(base, dtype, index);
  if (std::isnan(value)) {
    text += "nan";
  } else if (std::isinf(value)) {
    text += value < 0 ? "-inf" : "inf";
  } else if (dtype == DType::f64) {
    append_chars(text, value);
  } else {  // f32 holds what the narrower types do: the number is theirs, not one that rounds to it
    append_chars(text, static_cast<float>(value));
  }
}

std::string format_element(const std::byte* base, DType dtype, int64_t index) {
  std::string text;
  append_element(text, base, dtype, index);
  return text;
}

}  // namespace openinfer
