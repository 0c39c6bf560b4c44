// The tokens with a meaning of their own: what ends a text, and bos_token_id and its like.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "oinf/package_description.h"

namespace openinfer::pack {

// eos_token_id of the generation settings, else of the configuration: one id, a list, or none.
[[nodiscard]] std::vector<int64_t> stop_tokens(const nlohmann::json& config,
                                               const std::optional<nlohmann::json>& generation);

// Gives bos_token_id, eos_token_id, cls_…, sep_…, mask_…, pad_… and unk_token_id a size each. An id that the
// configuration lacks is looked up in the tokenizer by the text that special_tokens_map.json or tokenizer_config.json
// gives it; of a list the first counts.
void add_special_ids(const std::optional<nlohmann::json>& special_tokens,
                     const std::optional<nlohmann::json>& tokenizer_config, PackageDescription& description);

// add_bos_token and add_eos_token of tokenizer_config.json: a tokenizer whose tokenizer.json puts nothing around a text
// gets a post-processor that does, as transformers' Llama tokenizers do. A post-processor of its own stays as it is,
// and without these keys a text stays bare.
void add_begin_and_end(const std::optional<nlohmann::json>& special_tokens,
                       const std::optional<nlohmann::json>& tokenizer_config, TokenizerData& tokenizer);

// The chat template of a tokenizer_config.json, or empty; of several the one named "default".
[[nodiscard]] std::string chat_template(const std::optional<nlohmann::json>& tokenizer_config);

}  // namespace openinfer::pack
