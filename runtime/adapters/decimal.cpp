#include "runtime/adapters/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "ops/element.h"

namespace openinfer {
namespace {

// 0.d1 d2 d3 … · 10^exponent, without zeros at either end of the digits; zero has no digits.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

Decimal parse(std::string_view text) {
  Decimal decimal;
  size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) decimal.negative = text[at++] == '-';
  int64_t point = 0;
  bool fraction = false;
  for (; at < text.size() && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    if (decimal.digits.empty() && text[at] == '0') {  // a leading zero moves the point only behind it
      point -= fraction ? 1 : 0;
      continue;
    }
    decimal.digits.push_back(text[at]);
    point += fraction ? 0 : 1;
  }
  int64_t exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    // An exponent past 64 bits is as good as this one.
    if (error == std::errc::result_out_of_range) exponent = text[at] == '-' ? -(int64_t{1} << 60) : int64_t{1} << 60;
  }
  while (!decimal.digits.empty() && decimal.digits.back() == '0') decimal.digits.pop_back();
  decimal.exponent = decimal.digits.empty() ? 0 : point + std::clamp(exponent, -(int64_t{1} << 60), int64_t{1} << 60);
  return decimal;
}

int compare_magnitude(const Decimal& a, const Decimal& b) {
  if (a.digits.empty() || b.digits.empty()) return (a.digits.empty() ? 0 : 1) - (b.digits.empty() ? 0 : 1);
  if (a.exponent != b.exponent) return a.exponent < b.exponent ? -1 : 1;
  const int order = a.digits.compare(b.digits);
  return (order > 0) - (order < 0);
}

double through(DType dtype, double value) {
  std::byte bytes[sizeof(double)] = {};
  store_element<double>(bytes, dtype, 0, value);
  return load_element<double>(bytes, dtype, 0);
}

}  // namespace

int compare_decimal(std::string_view text, double value) {
  const Decimal left = parse(text);
  // A double has at most 767 significant digits; this prints all of them.
  char exact[800];
  const int size = std::snprintf(exact, sizeof exact, "%.770e", value);
  const Decimal right = parse(std::string_view(exact, static_cast<size_t>(size)));
  if (left.digits.empty() && right.digits.empty()) return 0;
  if (left.negative != right.negative) return left.negative ? -1 : 1;
  const int order = compare_magnitude(left, right);
  return left.negative ? -order : order;
}

double nearest_of_decimal(std::string_view text, DType dtype) {
  const std::string copy(text);
  if (dtype == DType::f32) return static_cast<double>(std::strtof(copy.c_str(), nullptr));
  double value = std::strtod(copy.c_str(), nullptr);
  if (dtype == DType::f64 || !std::isfinite(value)) return value;
  // Rounding the double again would go wrong where it lies half way between two values of the type, and the text does
  // not.
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double below = std::nextafter(value, -kInfinity), above = std::nextafter(value, kInfinity);
  const double low = through(dtype, below), high = through(dtype, above);
  if (low != high && low + (high - low) / 2 == value) {
    const int order = compare_decimal(text, value);
    value = order < 0 ? below : order > 0 ? above : value;
  }
  return through(dtype, value);
}

}  // namespace openinfer
