// Files that are written whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer::dsl {

// Replaces the file's content in one step and keeps its permissions; what links lead to stays where it is.
[[nodiscard]] Status write_file(const std::string& path, std::string_view text);

}  // namespace openinfer::dsl
