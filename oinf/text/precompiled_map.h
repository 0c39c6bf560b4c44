// SentencePiece's precompiled character map, which tokenizers call the normaliser Precompiled: a double-array trie of
// character sequences and the text that replaces each. Source: the sentencepiece project's normalizer and the
// Darts-clone library, whose units it stores.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

class PrecompiledMap {
 public:
  // bytes: u32 size of the trie in bytes, its units (u32 each, little-endian), then texts that end with a zero byte.
  // Errors: P0025.
  static Result<PrecompiledMap> create(std::string_view bytes);

  // text: well-formed UTF-8, and so is what comes back. A short grapheme is replaced as a whole, the characters of
  // others one by one: what is not in the map stays.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  // The replacement of the shortest key that `text` begins with; false without one.
  bool find(std::string_view text, std::string_view& replacement) const;

  std::vector<uint32_t> units_;
  std::string texts_;
};

}  // namespace openinfer
