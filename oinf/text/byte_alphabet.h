// How vocabularies write single bytes. SentencePiece has tokens named <0x00> to <0xFF>. The rest of this file is
// GPT-2's printable stand-ins for bytes: byte-level vocabularies spell each byte as one character, so that they are
// text. Printable Latin-1 bytes stand for themselves, the others are U+0100, U+0101, … in order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace openinfer {

// The byte that a token such as <0x0A> names.
[[nodiscard]] std::optional<uint8_t> byte_of_token(std::string_view token);

[[nodiscard]] const std::array<uint32_t, 256>& byte_characters();

// The byte that a character stands for.
[[nodiscard]] std::optional<uint8_t> byte_of_character(uint32_t code);

// Any bytes, spelled.
[[nodiscard]] std::string spell_bytes(std::string_view bytes);

// The bytes of a spelled text (UTF-8), or nothing when a character of it stands for none.
[[nodiscard]] std::optional<std::string> unspell_bytes(std::string_view spelled);

}  // namespace openinfer
