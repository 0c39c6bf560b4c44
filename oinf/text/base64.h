// Base64 (RFC 4648, section 4), as JSON carries bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace openinfer {

[[nodiscard]] std::string base64(std::string_view bytes);
// Nothing when the text has other characters, or a length that no bytes have.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace openinfer
