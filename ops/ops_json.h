// The text of ops.json, put into the library when it is built.
#pragma once

#include <string_view>

namespace openinfer {

[[nodiscard]] std::string_view ops_json();

}  // namespace openinfer
