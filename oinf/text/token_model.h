// What turns a piece of text into token ids. One class a kind of tokenizer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

class TokenModel {
 public:
  TokenModel() = default;
  TokenModel(const TokenModel&) = delete;
  TokenModel& operator=(const TokenModel&) = delete;
  virtual ~TokenModel() = default;

  // Appends the ids of one piece (well-formed UTF-8, not empty). Errors: I0009 for text that has no tokens.
  [[nodiscard]] virtual Status encode(std::string_view piece, std::vector<int32_t>& ids) const = 0;
};

}  // namespace openinfer
