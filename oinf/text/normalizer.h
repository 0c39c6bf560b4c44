// The normaliser of a tokenizer: rewrites a text before it is cut.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

class Normalizer {
 public:
  // json: as tokenizer.json has it, or empty for none. Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents,
  // Prepend, Replace, Precompiled, Nmt and BertNormalizer. Errors: P0024 names another type, P0025 (malformed).
  static Result<Normalizer> create(std::string_view json);

  // text: well-formed UTF-8, and so is what comes back. Errors: those of Regex::find_all.
  [[nodiscard]] Result<std::string> apply(std::string_view text) const;

  using Step = std::function<Status(std::string&)>;

 private:
  std::vector<Step> steps_;
};

}  // namespace openinfer
