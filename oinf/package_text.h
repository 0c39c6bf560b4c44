// What texts of a package may hold.
#pragma once

#include <string_view>

namespace openinfer {

[[nodiscard]] bool is_utf8(std::string_view text);
// A name: not empty, UTF-8, without control characters (U+0000–U+001F, U+007F–U+009F).
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace openinfer
