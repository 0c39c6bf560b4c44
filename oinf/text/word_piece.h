// WordPiece (BERT): each word is cut from the left into the longest tokens that fit.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oinf/text/model_options.h"
#include "oinf/text/token_model.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

class WordPiece final : public TokenModel {
 public:
  // data outlives the model. special: by id, tokens that plain text never gives. Errors: P0025.
  static Result<std::unique_ptr<TokenModel>> create(const TokenizerData& data, const std::vector<bool>& special);

  [[nodiscard]] Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  WordPiece() = default;

  ModelOptions options_;
  int32_t unknown_ = -1;
  std::unordered_map<std::string_view, int32_t> ids_;
};

}  // namespace openinfer
