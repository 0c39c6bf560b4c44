#include "ir/utf8.h"

namespace openinfer {

size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned b = byte(at);
  if (b < 0x80) return 1;
  if (b < 0xC2) return 0;  // a continuation, or an overlong form of two bytes
  if (b < 0xE0) return continues(at + 1) ? 2 : 0;
  const unsigned second = byte(at + 1);
  if (b < 0xF0) {
    if (!continues(at + 1) || !continues(at + 2)) return 0;
    if (b == 0xE0 && second < 0xA0) return 0;   // overlong
    if (b == 0xED && second >= 0xA0) return 0;  // surrogates
    return 3;
  }
  if (b > 0xF4 || !continues(at + 1) || !continues(at + 2) || !continues(at + 3)) return 0;
  if (b == 0xF0 && second < 0x90) return 0;   // overlong
  if (b == 0xF4 && second >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

size_t first_not_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t n = utf8_length(text, at);
    if (n == 0) return at;
    at += n;
  }
  return std::string_view::npos;
}

uint32_t utf8_code(std::string_view text, size_t at, size_t length) {
  const auto byte = [&](size_t i) -> uint32_t { return static_cast<unsigned char>(text[at + i]); };
  if (length == 1) return byte(0);
  uint32_t code = byte(0) & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  return code;
}

size_t utf8_broken_length(std::string_view text, size_t at) {
  // A prefix is good when some continuation bytes complete it; trying the lowest and the highest ones finds out.
  const size_t limit = text.size() - at < 3 ? text.size() - at : 3;
  for (size_t n = limit; n > 1; --n)
    for (const char fill : {'\x80', '\x90', '\xA0', '\xBF'}) {
      std::string tried(text.substr(at, n));
      const unsigned lead = static_cast<unsigned char>(tried[0]);
      const size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      if (n >= whole) break;
      tried.append(whole - n, fill);
      if (utf8_length(tried, 0) == whole) return n;
    }
  return 1;
}

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace openinfer
