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

// The character of `length` bytes (as utf8_length gave it) at `at`.
[[nodiscard]] uint32_t utf8_code(std::string_view text, size_t at, size_t length);

// Where utf8_length gives 0: how many bytes from `at` (1 to 3) could begin a character but do not complete one. These
// become one U+FFFD; when they reach the end of the text, more bytes may still complete them.
[[nodiscard]] size_t utf8_broken_length(std::string_view text, size_t at);

// code: a Unicode scalar value (not a surrogate, at most U+10FFFF).
void append_utf8(std::string& text, uint32_t code);

}  // namespace openinfer
