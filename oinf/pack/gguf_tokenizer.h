// The tokenizer that a GGUF's `tokenizer.*` keys describe, in the package's form.
#pragma once

#include <optional>

#include "oinf/pack/gguf.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer::pack {

// Nothing when the file has none. tokenizer.ggml.model `gpt2` (byte-level BPE), `llama` (SentencePiece BPE), `t5`
// (unigram) and `bert` (WordPiece). Errors: P0024 names another model or pre-tokenizer, P0025 says what is malformed.
[[nodiscard]] Result<std::optional<TokenizerData>> gguf_tokenizer(const GgufFile& file);

}  // namespace openinfer::pack
