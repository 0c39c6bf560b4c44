// What tokenizers need to know about characters. All texts are well-formed UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/utf8.h"

namespace openinfer {

enum class NormalForm : uint8_t { nfc, nfd, nfkc, nfkd };

[[nodiscard]] std::string normal_form(std::string_view text, NormalForm form);
[[nodiscard]] std::string lower_case(std::string_view text);

[[nodiscard]] std::string upper_case(std::string_view text);
// The first character as in a title, the others in lower case; each word so; every letter the other way.
[[nodiscard]] std::string capitalized(std::string_view text);
[[nodiscard]] std::string title_case(std::string_view text);
[[nodiscard]] std::string swapped_case(std::string_view text);

[[nodiscard]] bool is_white_space(uint32_t code);  // the property White_Space
[[nodiscard]] bool is_punctuation(uint32_t code);  // ASCII punctuation and symbols, and the categories P*
[[nodiscard]] bool is_numeric(uint32_t code);      // Nd, Nl, No
[[nodiscard]] bool is_word(uint32_t code);         // letters, marks, decimal and letter numbers, connectors
[[nodiscard]] bool is_letter(uint32_t code);       // L*
[[nodiscard]] bool is_decimal(uint32_t code);      // Nd
[[nodiscard]] bool is_nonspacing_mark(uint32_t code);
[[nodiscard]] bool is_control(uint32_t code);  // Cc, Cf, Co
[[nodiscard]] bool is_han(uint32_t code);      // the blocks that BERT treats as words of one character

// Calls visit(code, offset, length) for each character.
template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  for (size_t at = 0; at < text.size();) {
    const size_t n = utf8_length(text, at);
    if (n == 0) return;
    visit(utf8_code(text, at, n), at, n);
    at += n;
  }
}

// Whether a grapheme ends between two characters; state: 0 at the beginning of a text, then as the last call left it.
[[nodiscard]] bool grapheme_break(uint32_t before, uint32_t after, int32_t& state);

// Calls visit(grapheme) for each extended grapheme cluster.
template <class Visit>
void for_each_grapheme(std::string_view text, Visit&& visit) {
  size_t begin = 0;
  uint32_t before = 0;
  int32_t state = 0;
  for_each_character(text, [&](uint32_t code, size_t at, size_t) {
    if (at > begin && grapheme_break(before, code, state)) {
      visit(text.substr(begin, at - begin));
      begin = at;
    }
    before = code;
  });
  if (begin < text.size()) visit(text.substr(begin));
}

}  // namespace openinfer
