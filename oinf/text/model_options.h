// The settings of a tokenizer's model, read from TokenizerData::model_options.
#pragma once

#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer {

struct ModelOptions {
  std::string unk_token;                   // empty: there is none
  std::string end_of_word_suffix;          // BPE
  std::string continuing_subword_prefix;   // WordPiece
  int64_t max_input_chars_per_word = 100;  // WordPiece
  int64_t unk_id = -1;                     // Unigram; -1: there is none
  bool byte_fallback = false;
  bool fuse_unk = false;
  bool ignore_merges = false;  // a piece that is a token is that token, whatever its merges would give

  // json: an object, or empty for the defaults. Errors: P0025.
  static Result<ModelOptions> read(std::string_view json);
};

}  // namespace openinfer
