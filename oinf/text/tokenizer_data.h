// A tokenizer as the package stores it: what tokenizer.json, tokenizer.model and GGUF keys say, in one form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace openinfer {

enum class TokenizerKind : uint8_t { byte_bpe = 1, sentencepiece_bpe = 2, unigram = 3, wordpiece = 4 };

struct AddedToken {
  uint32_t id = 0;
  std::string content;  // UTF-8
  bool special = false, single_word = false, lstrip = false, rstrip = false, normalized = false;
  friend bool operator==(const AddedToken&, const AddedToken&) = default;
};

// Strings are as the source has them: a byte-level vocabulary keeps GPT-2's printable stand-ins for bytes.
struct TokenizerData {
  TokenizerKind kind = TokenizerKind::byte_bpe;
  std::vector<std::string> vocabulary;  // by id; an unused id is empty
  std::vector<float> scores;            // empty, or one per id
  std::vector<uint8_t> types;           // empty, or one per id, as GGUF numbers them: 1 normal, 2 unknown, 3 control, 4
                                        // user-defined, 5 unused, 6 byte
  std::vector<std::pair<uint32_t, uint32_t>> merges;  // pairs of ids by rank; the result is the joined text's id
  std::vector<AddedToken> added;
  std::string model_options;   // JSON object: unk_token, byte_fallback, continuing_subword_prefix, ignore_merges, …
  std::string normalizer;      // JSON as tokenizer.json has it, or empty
  std::string pre_tokenizer;   // likewise
  std::string post_processor;  // likewise
  std::string decoder;         // likewise
  std::string chat_template;   // Jinja, or empty
  friend bool operator==(const TokenizerData&, const TokenizerData&) = default;
};

}  // namespace openinfer
