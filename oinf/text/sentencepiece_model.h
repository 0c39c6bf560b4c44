// Reads a tokenizer.model, as the sentencepiece library writes it: a protocol buffer of pieces with scores and types,
// and the settings of training and of the normaliser.
#pragma once

#include <string_view>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

// bytes: the whole file. Models BPE and unigram. No special tokens are put around a text: the file does not know of it.
// Errors: P0024 names another model or setting, P0025 says what is malformed.
[[nodiscard]] Result<TokenizerData> import_sentencepiece_model(std::string_view bytes);

}  // namespace openinfer
