// The names of a model's classes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace openinfer::pack {

// id2label of a configuration, by index; an index without a name is empty. Nothing when there is none or when its keys
// are no indices below 2^20.
[[nodiscard]] std::optional<std::vector<std::string>> labels_of(const nlohmann::json& config);

}  // namespace openinfer::pack
