// The value of a GGUF's `tokenizer.ggml.pre`: a name for how the original tokenizer cuts a text before its byte-level
// merges. The file has nothing but the name, so the regular expressions stand here, as the models' own tokenizer.json
// files have them.
#pragma once

#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer::pack {

struct GgufPreTokenizer {
  std::string normalizer;      // JSON as tokenizer.json has it, or empty
  std::string pre_tokenizer;   // likewise
  bool ignore_merges = false;  // a piece that is a token is that token
  bool add_bos = false;        // unless the file says otherwise
  bool around = false;         // likewise: a beginning and an end, as BERT has them
};

// Errors: P0024 names what is not known.
[[nodiscard]] Result<GgufPreTokenizer> gguf_pre_tokenizer(std::string_view name);

}  // namespace openinfer::pack
