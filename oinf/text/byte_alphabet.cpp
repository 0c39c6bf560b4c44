#include "oinf/text/byte_alphabet.h"

#include <charconv>

#include "ir/utf8.h"

namespace openinfer {
namespace {

struct Alphabet {
  std::array<uint32_t, 256> character{};
  std::array<int16_t, 324> byte{};  // the last stand-in is U+0143

  Alphabet() {
    byte.fill(-1);
    uint32_t next = 256;
    for (uint32_t b = 0; b < 256; ++b) {
      const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      character[b] = printable ? b : next++;
      byte[character[b]] = static_cast<int16_t>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::optional<uint8_t> byte_of_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  unsigned byte = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  if (error != std::errc() || end != token.data() + 5) return std::nullopt;
  return static_cast<uint8_t>(byte);
}

const std::array<uint32_t, 256>& byte_characters() { return alphabet().character; }

std::optional<uint8_t> byte_of_character(uint32_t code) {
  const auto& byte = alphabet().byte;
  if (code >= byte.size() || byte[code] < 0) return std::nullopt;
  return static_cast<uint8_t>(byte[code]);
}

std::string spell_bytes(std::string_view bytes) {
  std::string spelled;
  spelled.reserve(bytes.size() * 2);
  for (const char c : bytes) append_utf8(spelled, byte_characters()[static_cast<unsigned char>(c)]);
  return spelled;
}

std::optional<std::string> unspell_bytes(std::string_view spelled) {
  std::string bytes;
  for (size_t at = 0; at < spelled.size();) {
    const size_t n = utf8_length(spelled, at);
    if (n == 0) return std::nullopt;
    const auto byte = byte_of_character(utf8_code(spelled, at, n));
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
    at += n;
  }
  return bytes;
}

}  // namespace openinfer
