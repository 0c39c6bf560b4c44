// Byte pair encoding of one piece of text: over bytes (GPT-2 and its heirs), or over characters with bytes for the
// rare ones (SentencePiece).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "oinf/text/merge_table.h"
#include "oinf/text/model_options.h"
#include "oinf/text/token_model.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

class Bpe final : public TokenModel {
 public:
  // data outlives the model. special: by id, tokens that plain text never gives. Without merges, the scores say which
  // tokens are joined first. Errors: P0025.
  static Result<std::unique_ptr<TokenModel>> create(const TokenizerData& data, const std::vector<bool>& special);

  [[nodiscard]] Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  Bpe() = default;
  Status read_merges(const TokenizerData& data);
  void derive_merges(const TokenizerData& data);
  void find_neighbours();
  void merge(std::vector<int32_t>& symbols) const;
  [[nodiscard]] int32_t id_of(std::string_view token) const;  // -1 when there is none
  [[nodiscard]] Status start(std::string_view piece, std::vector<int32_t>& ids) const;
  [[nodiscard]] Status unknown(std::string_view character, std::vector<int32_t>& ids) const;

  bool bytes_ = true;
  ModelOptions options_;
  int32_t unknown_ = -1;
  std::array<int32_t, 256> byte_ids_{};                // of a byte's own token: its character, or <0x0A>; -1 for none
  std::array<int32_t, 256> last_byte_ids_{};           // the same with the suffix that ends a word
  std::unordered_map<std::string_view, int32_t> ids_;  // tokens that plain text may give
  std::unordered_set<std::string_view> kept_out_;      // the others: control tokens, unused ones, bytes
  MergeTable merges_;
  // Pairs of characters that stand side by side within some token; nothing is ever joined across others. For
  // vocabularies whose texts come uncut (SentencePiece), where it makes words of them.
  std::optional<MergeTable> neighbours_;
};

}  // namespace openinfer
