// A tokenizer.model with what the files beside it add: tokens of later training, and what stands around a text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer::pack {

// model: the bytes of tokenizer.model; config: tokenizer_config.json; added: added_tokens.json, texts to ids.
// Errors: those of import_sentencepiece_model, P0025 for added tokens that contradict the model.
[[nodiscard]] Result<TokenizerData> sentencepiece_tokenizer(std::string_view model,
                                                            const std::optional<nlohmann::json>& config,
                                                            const std::optional<nlohmann::json>& added);

}  // namespace openinfer::pack
