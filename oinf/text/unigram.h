// SentencePiece's unigram model: of all ways to cut a piece into tokens, the one whose scores (log probabilities) add
// up to the most, found by Viterbi's algorithm. Source: Kudo, "Subword Regularization", 2018.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oinf/text/token_model.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

class Unigram final : public TokenModel {
 public:
  // data outlives the model. special: by id, tokens that plain text never gives. A character that no token covers is
  // the unknown token (option `unk_id`), or its bytes with `byte_fallback`. Errors: P0025.
  static Result<std::unique_ptr<TokenModel>> create(const TokenizerData& data, const std::vector<bool>& special);

  // O(bytes · longest token).
  [[nodiscard]] Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  Unigram() = default;
  [[nodiscard]] Status unknown(std::string_view character, std::vector<int32_t>& ids) const;

  // A trie over bytes: node · 256 + byte to node. The root is 0.
  std::unordered_map<uint64_t, uint32_t> children_;
  std::vector<int32_t> token_of_node_{-1};
  const std::vector<float>* scores_ = nullptr;
  double unknown_score_ = 0;  // below every token's
  int32_t unknown_ = -1;
  bool byte_fallback_ = false;
  std::array<int32_t, 256> byte_ids_{};
};

}  // namespace openinfer
