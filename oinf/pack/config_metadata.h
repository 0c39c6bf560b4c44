// Configurations (config.json and its like) as metadata and size variables, names unchanged, nested ones joined by
// dots.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ir/package_info.h"

namespace openinfer::pack {

struct ConfigMetadata {
  std::vector<std::pair<std::string, MetaValue>> metadata;
  std::vector<std::string> dropped;  // what has no place, and why
};

// `prefix` stands in front of every name. Null is what it means: not there. Lists of one kind are lists, lists of
// objects get their index as a name; other lists are dropped. Integers past 64 bits become floats.
void add_config(const nlohmann::json& config, const std::string& prefix, ConfigMetadata& out);

// The integers among metadata.
[[nodiscard]] std::vector<std::pair<std::string, int64_t>> integer_sizes(
    const std::vector<std::pair<std::string, MetaValue>>& metadata);

}  // namespace openinfer::pack
