// Spellings of the graph language that both of its forms, text and JSON, must accept alike: names, numbers, comments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ir/dtype.h"

namespace openinfer {

[[nodiscard]] inline bool is_identifier_start(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] inline bool is_identifier_part(char c) { return is_identifier_start(c) || is_digit(c); }
// [A-Za-z_][A-Za-z0-9_]*
[[nodiscard]] bool is_identifier(std::string_view text);

// A number without a sign.
struct NumberLiteral {
  size_t length = 0;            // bytes that belong to it, the suffix too
  bool floating = false;        // FLOAT, else INT
  uint64_t integer = 0;         // INT
  double number = 0;            // FLOAT: the nearest double
  std::optional<DType> suffix;  // 255u8
  std::string error;            // why it is malformed; then the values above are 0
};
// The longest number at the beginning of text, which begins with a digit.
[[nodiscard]] NumberLiteral scan_number(std::string_view text);

// May a literal with a suffix of type `dtype` have this value? Integer types: its exact range. Floating types: not
// past the largest finite value (rounding is no error).
[[nodiscard]] bool literal_fits(DType dtype, bool negative, const NumberLiteral& number);

// One comment: // without a line end, or /* */ with what it nests closed.
[[nodiscard]] bool is_comment(std::string_view text);
// Comments that may stand behind code: on one line, a // at most as the last.
[[nodiscard]] bool is_trailing_comment(std::string_view text);
// Bytes of the comment /* … */ at the beginning of text, with those nested in it; 0 when it does not end.
[[nodiscard]] size_t block_comment_length(std::string_view text);

}  // namespace openinfer
