#include "oinf/text/unicode.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace openinfer {
namespace {

utf8proc_category_t category(uint32_t code) { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }

utf8proc_option_t options_of(NormalForm form) {
  switch (form) {
    case NormalForm::nfc:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    case NormalForm::nfd:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    case NormalForm::nfkc:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    case NormalForm::nfkd:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  }
  return UTF8PROC_STABLE;
}

}  // namespace

std::string normal_form(std::string_view text, NormalForm form) {
  bool ascii = true;
  for (const char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  if (ascii) return std::string(text);
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &mapped, options_of(form));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(mapped, std::free);
  if (size < 0) return std::string(text);  // out of memory only: the text is well-formed
  return {reinterpret_cast<const char*>(mapped), static_cast<size_t>(size)};
}

std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for_each_character(text, [&](uint32_t code, size_t, size_t) {
    if (code == 0x130) {
      lower += "i\u0307";  // the one character whose lower case is two
    } else {
      append_utf8(lower, static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))));
    }
  });
  return lower;
}

namespace {

void append_upper(std::string& text, uint32_t code, bool title) {
  if (code == 0xDF) {
    text += title ? "Ss" : "SS";  // the common one of those whose upper case is two
    return;
  }
  const auto c = static_cast<utf8proc_int32_t>(code);
  append_utf8(text, static_cast<uint32_t>(title ? utf8proc_totitle(c) : utf8proc_toupper(c)));
}

}  // namespace

std::string upper_case(std::string_view text) {
  std::string upper;
  upper.reserve(text.size());
  for_each_character(text, [&](uint32_t code, size_t, size_t) { append_upper(upper, code, false); });
  return upper;
}

std::string capitalized(std::string_view text) {
  std::string out;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (at == 0) {
      append_upper(out, code, true);
    } else {
      out += lower_case(text.substr(at, length));
    }
  });
  return out;
}

std::string title_case(std::string_view text) {
  std::string out;
  bool inside = false;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (inside) {
      out += lower_case(text.substr(at, length));
    } else {
      append_upper(out, code, true);
    }
    inside = is_letter(code);
  });
  return out;
}

std::string swapped_case(std::string_view text) {
  std::string out;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (category(code) == UTF8PROC_CATEGORY_LU) {
      out += lower_case(text.substr(at, length));
    } else {
      append_upper(out, code, false);
    }
  });
  return out;
}

bool is_letter(uint32_t code) {
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_ND; }

bool is_white_space(uint32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  const auto c = category(code);
  return code == 0x85 || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP;
}

bool is_punctuation(uint32_t code) {
  if (code < 0x80)
    return code > ' ' && code < 0x7F && !(code >= '0' && code <= '9') &&
           !((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

bool is_numeric(uint32_t code) {
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

bool is_word(uint32_t code) {
  const auto c = category(code);
  return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NL) || c == UTF8PROC_CATEGORY_PC || code == 0x200C ||
         code == 0x200D;
}

bool is_nonspacing_mark(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_MN; }

bool is_control(uint32_t code) {
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF || c == UTF8PROC_CATEGORY_CO;
}

bool grapheme_break(uint32_t before, uint32_t after, int32_t& state) {
  return utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before), static_cast<utf8proc_int32_t>(after),
                                          &state) != 0;
}

bool is_han(uint32_t code) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range kBlocks[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
                               {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
  for (const Range& block : kBlocks)
    if (code >= block.first && code <= block.last) return true;
  return false;
}

}  // namespace openinfer
