// The `image.*` metadata of a package out of a preprocessor_config.json: how a picture becomes a tensor
// (docs/guide, "Pictures"). Rules that the adapter does not have are named, never guessed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/package_info.h"

namespace openinfer::pack {

struct ImageRules {
  std::vector<std::pair<std::string, MetaValue>> metadata;  // empty when `problem` is not, or when it is no picture's
  std::string problem;                                      // the rule that has no place, or empty
};

// `side`: height and width that the model's configuration asks for, where it says one.
[[nodiscard]] ImageRules image_rules(const nlohmann::json& preprocessor, std::optional<int64_t> side);

}  // namespace openinfer::pack
