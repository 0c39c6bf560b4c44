// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace openinfer {

// Length in bytes (1 to 4) of the character that begins at `at`, or 0 when the bytes there are not UTF-8.
// at < text.size().
[[nodiscard]] size_t utf8_length(std::string_view text, size_t at);

// Offset of the first byte that is not part of a character, or npos.
[[nodiscard]] size_t first_not_utf8(std::string_view text);

// code: a Unicode scalar value (not a surrogate, at most U+10FFFF).
void append_utf8(std::string& text, uint32_t code);

}  // namespace openinfer
