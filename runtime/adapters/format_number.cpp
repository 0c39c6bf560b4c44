#include "runtime/adapters/format_number.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "ops/element.h"
#include "runtime/adapters/decimal.h"

namespace openinfer {
namespace {

template <class T>
void append_chars(std::string& text, T value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  text.append(buffer, end);
}

// Types narrower than f32: to_chars knows no shortest form for them, so digits are added until the value is met.
void append_narrow(std::string& text, double value, DType dtype) {
  constexpr int kMostDigits = 9;
  for (int digits = 0; digits < kMostDigits; ++digits) {
    char buffer[40];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, digits);
    const std::string_view tried(buffer, static_cast<size_t>(end - buffer));
    if (nearest_of_decimal(tried, dtype) != value) continue;
    double shortest = 0;  // the same digits, without an exponent where that is shorter
    std::from_chars(buffer, end, shortest);
    const size_t begin = text.size();
    append_chars(text, shortest);
    // A whole number that is read again must be exact (15250 is no f16, 15248 is); with a fraction it is rounded.
    if (shortest != value && text.find_first_of(".e", begin) == std::string::npos) text += ".0";
    return;
  }
  append_chars(text, value);
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
  } else if (dtype == DType::f32 || is_block(dtype)) {
    append_chars(text, static_cast<float>(value));
  } else {
    append_narrow(text, value, dtype);
  }
}

std::string format_element(const std::byte* base, DType dtype, int64_t index) {
  std::string text;
  append_element(text, base, dtype, index);
  return text;
}

}  // namespace openinfer
