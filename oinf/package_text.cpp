#include "oinf/package_text.h"

#include "ir/utf8.h"

namespace openinfer {

bool is_utf8(std::string_view text) { return first_not_utf8(text) == std::string_view::npos; }

bool is_name(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text, at);
    if (length == 0) return false;
    const uint32_t code = utf8_code(text, at, length);
    if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return false;
    at += length;
  }
  return !text.empty();
}

}  // namespace openinfer
