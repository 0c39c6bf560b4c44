// The tokenizer of a folder that has no tokenizer.json: vocab.json and merges.txt, as byte-level BPE was kept before.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer::pack {

// Whether these files mean GPT-2's byte-level rules, which alone they cannot say: the folder's tokenizer_class or
// model_type is GPT-2's or Whisper's. CLIP, Qwen and others keep files of the same names with other rules.
[[nodiscard]] bool is_byte_level(const nlohmann::json& config, const std::optional<nlohmann::json>& tokenizer_config);

// The tokenizer.json that says the same. vocab: an object of token and id, or what tokenizer.json calls `model` and
// `added_tokens` (model BPE or WordLevel: a word is its token or cannot be said). merges: the text of merges.txt, empty
// without one. Added tokens come from `added_tokens_decoder` of tokenizer_config, else from added_tokens.json, where
// those that special_tokens_map.json names are special. Errors: P0024, P0025.
[[nodiscard]] Result<std::string> tokenizer_json_of(const nlohmann::json& vocab, std::string_view merges,
                                                    const std::optional<nlohmann::json>& added_tokens,
                                                    const std::optional<nlohmann::json>& special_tokens,
                                                    const std::optional<nlohmann::json>& tokenizer_config);

}  // namespace openinfer::pack
