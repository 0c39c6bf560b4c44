// JSON of untrusted files without exceptions. For .cpp files of this folder only: it brings in nlohmann_json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer::pack {

using Json = nlohmann::json;

// P0021 when it is no JSON, names a key twice in one object or nests deeper than 64; `what` names the text.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view what);

// The whole file; P0001 when it cannot be read.
[[nodiscard]] Result<std::string> read_text(const std::string& path);

}  // namespace openinfer::pack
