// Text inside a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace openinfer {

// text: well-formed UTF-8, which stays as it is. Without the quotes. Pieces of a text escape to pieces of the string.
[[nodiscard]] std::string json_escaped(std::string_view text);

}  // namespace openinfer
