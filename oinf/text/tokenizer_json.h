// tokenizer.json, as Hugging Face's tokenizers library writes it, into a package's tokenizer.
#pragma once

#include <string_view>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

// json: the whole file. Models BPE, WordPiece and Unigram. The vocabulary holds the added tokens too, and ids that
// nothing uses are empty. Padding and truncation settings are dropped: a graph says its sizes itself.
// Normaliser, pre-tokeniser, post-processor and decoder are kept as they are; Tokenizer::create judges them.
// chat_template stays empty: it stands in other files. Errors: P0024 (model kind not supported), P0025 (malformed).
[[nodiscard]] Result<TokenizerData> import_tokenizer_json(std::string_view json);

}  // namespace openinfer
