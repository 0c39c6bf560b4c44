// Finds added tokens (control tokens, and words that were added after training) in a text, before anything else cuts
// it.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oinf/text/tokenizer_data.h"

namespace openinfer {

// A stretch of text, or one added token.
struct TextSegment {
  std::string_view text;
  int32_t token = -1;  // its id, or -1 for text
};

class AddedTokenFinder {
 public:
  // Tokens that are empty are left out.
  void add(const AddedToken& token, std::string_view content);
  [[nodiscard]] bool empty() const { return tokens_.empty(); }

  // Appends the segments of text in order; none is empty. The leftmost token wins, the longest of those that begin at
  // one place. Special tokens are found only with `specials`. O(text · longest token).
  void split(std::string_view text, bool specials, std::vector<TextSegment>& segments) const;

 private:
  struct Found {
    const AddedToken* token = nullptr;
    size_t end = 0;
  };
  [[nodiscard]] Found longest_at(std::string_view text, size_t at, bool specials) const;

  std::vector<AddedToken> tokens_;
  std::vector<int32_t> token_of_node_{-1};           // a trie over bytes; node 0 is the root
  std::unordered_map<uint64_t, uint32_t> children_;  // node · 256 + byte
};

}  // namespace openinfer
