// Parts of packages as JSON. For .cpp files of this folder only.
#pragma once

#include <nlohmann/json.hpp>

#include "oinf/package.h"

namespace openinfer {

[[nodiscard]] nlohmann::json to_json(const MetaValue& value);
[[nodiscard]] nlohmann::json to_json(const TensorEntry& tensor);
// All but the values of tensors; P0015 and P0025 when graph or tokenizer are damaged.
[[nodiscard]] Result<nlohmann::json> to_json(const Package& package);
// The whole tokenizer, its settings as the objects that they are.
[[nodiscard]] nlohmann::json to_json(const TokenizerData& tokenizer);
[[nodiscard]] std::string_view kind_name(TokenizerKind kind);
[[nodiscard]] std::string_view layout_name(Layout layout);

}  // namespace openinfer
