#include "ir/literal.h"

#include <algorithm>
#include <charconv>

#include "ir/utf8.h"

namespace openinfer {
namespace {

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// 16, 8 or 2 when text begins with 0x, 0o or 0b and a digit (or _) of that base; else 10. So 0bf16 is 0 of type bf16.
int base_of(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return 10;
  const int base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : text[1] == 'b' ? 2 : 10;
  return base != 10 && (text[2] == '_' || digit_value(text[2]) < base) ? base : 10;
}

// The end of a run of digits and _ that begins at `at`.
size_t digits_end(std::string_view text, size_t at, int base) {
  while (at < text.size() && (text[at] == '_' || digit_value(text[at]) < base)) ++at;
  return at;
}

bool digit_at(std::string_view text, size_t at) { return at < text.size() && is_digit(text[at]); }

// The end of an exponent at `at`, or `at` when none is there.
size_t exponent_end(std::string_view text, size_t at) {
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return at;
  size_t digits = at + 1;
  if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
  return digit_at(text, digits) ? digits_end(text, digits, 10) : at;
}

// The end of the point and the fraction at `at`, or `at` when what stands there is no part of a number (0..4, 1.x).
size_t fraction_end(std::string_view text, size_t at) {
  if (at >= text.size() || text[at] != '.') return at;
  if (digit_at(text, at + 1)) return digits_end(text, at + 1, 10);
  if (exponent_end(text, at + 1) != at + 1) return at + 1;
  const bool joined = at + 1 < text.size() && (text[at + 1] == '.' || is_identifier_start(text[at + 1]));
  return joined ? at : at + 1;
}

bool read_integer(std::string_view digits, int base, uint64_t& value) {
  bool any = false;
  value = 0;
  for (char c : digits) {
    if (c == '_') continue;
    any = true;
    if (__builtin_mul_overflow(value, static_cast<uint64_t>(base), &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(digit_value(c)), &value))
      return false;
  }
  return any;
}

// Whether the decimal number is below 1, whatever its exponent: which side from_chars ran out on.
bool below_one(std::string_view digits) {
  const size_t e = std::min(digits.find_first_of("eE"), digits.size());
  const std::string_view mantissa = digits.substr(0, e);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t first = mantissa.find_first_not_of("0.");
  int64_t exponent = 0;
  if (e < digits.size()) {
    const char* begin = digits.data() + e + 1;
    const bool negative = *begin == '-';
    if (*begin == '-' || *begin == '+') ++begin;
    const auto [end, fault] = std::from_chars(begin, digits.data() + digits.size(), exponent);
    if (fault != std::errc()) exponent = int64_t{1} << 62;
    if (negative) exponent = -exponent;
  }
  const auto place = first < point ? static_cast<int64_t>(point - first) - 1
                                   : static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return exponent < -place;
}

bool read_floating(std::string_view spelled, double& value) {
  std::string digits(spelled);
  std::erase(digits, '_');
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault == std::errc::result_out_of_range) {
    value = 0;
    return below_one(digits);
  }
  return fault == std::errc();
}

double largest(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 3.4028234663852886e38;
    case DType::f16:
      return 65504;
    case DType::bf16:
      return 3.3895313892515355e38;
    case DType::f8:
      return 57344;
    case DType::f8e4m3:
      return 448;
    default:
      return 1.7976931348623157e308;
  }
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && is_identifier_start(text[0]) && std::all_of(text.begin(), text.end(), is_identifier_part);
}

NumberLiteral scan_number(std::string_view text) {
  const int base = base_of(text);
  const size_t begin = base == 10 ? 0 : 2;
  size_t end = digits_end(text, begin, base);
  NumberLiteral n;
  if (base == 10) {
    const size_t whole = end;
    end = exponent_end(text, fraction_end(text, end));
    n.floating = end != whole;
  }
  size_t suffix_end = end;
  while (suffix_end < text.size() && is_identifier_part(text[suffix_end])) ++suffix_end;
  const std::string_view digits = text.substr(begin, end - begin), suffix = text.substr(end, suffix_end - end);
  n.length = suffix_end;

  if (!suffix.empty()) {
    n.suffix = dtype_named(suffix);
    if (!n.suffix || is_block(*n.suffix)) {
      n.error = "`" + std::string(suffix) + "` behind a number is no element type";
      n.suffix.reset();
      return n;
    }
    if (n.floating && !is_float(*n.suffix)) {
      n.error = "a number with a point or exponent cannot be of type " + std::string(suffix);
      return n;
    }
  }
  if (n.floating) {
    if (!read_floating(digits, n.number)) n.error = "number does not fit f64";
  } else if (!read_integer(digits, base, n.integer)) {
    n.error = digits.find_first_not_of('_') == std::string_view::npos ? "number without digits"
                                                                      : "number does not fit 64 bits";
  }
  return n;
}

bool literal_fits(DType dtype, bool negative, const NumberLiteral& number) {
  const DTypeInfo& type = info(dtype);
  if (number.floating) return number.number <= largest(dtype);
  const uint64_t v = number.integer;
  const uint64_t half = uint64_t{1} << (type.bits - 1);
  switch (type.kind) {
    case DTypeKind::floating:
      return static_cast<double>(v) <= largest(dtype);
    case DTypeKind::signed_integer:
    case DTypeKind::packed_signed:
      return negative ? v <= half : v < half;
    case DTypeKind::unsigned_integer:
    case DTypeKind::packed_unsigned:
    case DTypeKind::bits:
      return negative ? v == 0 : v <= half - 1 + half;
    case DTypeKind::boolean:
      return v <= 1 && !(negative && v == 1);
    case DTypeKind::packed_ternary:
      return dtype == DType::t1 ? v == 1 : v <= 1;
    case DTypeKind::block:
      return false;
  }
  return false;
}

size_t block_comment_length(std::string_view text) {
  size_t depth = 0;
  for (size_t i = 0; i + 1 < text.size();) {
    if (text[i] == '/' && text[i + 1] == '*') {
      ++depth;
      i += 2;
    } else if (text[i] == '*' && text[i + 1] == '/') {
      i += 2;
      if (--depth == 0) return i;
    } else {
      ++i;
    }
  }
  return 0;
}

bool is_comment(std::string_view text) {
  if (first_not_utf8(text) != std::string_view::npos || text.find('\r') != std::string_view::npos) return false;
  if (text.starts_with("//"))
    return text.find('\n') == std::string_view::npos && !text.ends_with(' ') && !text.ends_with('\t');
  return text.starts_with("/*") && block_comment_length(text) == text.size();
}

bool is_trailing_comment(std::string_view text) {
  if (text.find('\n') != std::string_view::npos) return false;
  while (text.starts_with("/*")) {
    const size_t n = block_comment_length(text);
    if (n == 0 || !is_comment(text.substr(0, n))) return false;
    if (n == text.size()) return true;
    if (text[n] != ' ') return false;
    text.remove_prefix(n + 1);
  }
  return is_comment(text);
}

}  // namespace openinfer
