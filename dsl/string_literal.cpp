#include "dsl/string_literal.h"

#include <cstdint>
#include <optional>

#include "ir/utf8.h"

namespace openinfer::dsl {
namespace {

// The four hexadecimal digits of \uXXXX.
std::optional<uint32_t> four_digits(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (char c : text.substr(0, 4)) {
    uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<uint32_t>(c - 'A' + 10);
    else
      return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

// The escape at the beginning of text (a backslash) goes to `out`; gives its length, 0 when it is none.
size_t unescape(std::string_view text, std::string& out) {
  if (text.size() < 2) return 0;
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (const size_t i = kLetters.find(text[1]); i != std::string_view::npos) {
    out.push_back(kMeanings[i]);
    return 2;
  }
  if (text[1] != 'u') return 0;
  const auto first = four_digits(text.substr(2));
  if (!first) return 0;
  if (*first < 0xD800 || *first > 0xDFFF) {
    append_utf8(out, *first);
    return 6;
  }
  if (*first > 0xDBFF || text.substr(6, 2) != "\\u") return 0;
  const auto second = four_digits(text.substr(8));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return 0;
  append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  return 12;
}

}  // namespace

StringLiteral scan_string(std::string_view text) {
  StringLiteral s;
  size_t at = 1;
  while (at < text.size() && text[at] != '\n') {
    const char c = text[at];
    if (c == '"') {
      s.terminated = true;
      ++at;
      break;
    }
    if (c == '\\') {
      const size_t n = unescape(text.substr(at), s.text);
      if (n == 0) {
        const size_t shown = at + 1 < text.size() && text[at + 1] != '\n' ? utf8_length(text, at + 1) : 0;
        s.faults.push_back({"not an escape of JSON", at, at + 1 + shown});
        at += 1 + shown;
      } else {
        at += n;
      }
    } else {
      if (static_cast<unsigned char>(c) < 0x20)
        s.faults.push_back({"control characters are written as escapes", at, at + 1});
      s.text.push_back(c);
      ++at;
    }
  }
  s.length = at;
  return s;
}

std::string quote(std::string_view text) {
  constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt", kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    if (const size_t i = kSpecial.find(c); i != std::string_view::npos) {
      out += {'\\', kLetters[i]};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += {kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]};
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace openinfer::dsl
