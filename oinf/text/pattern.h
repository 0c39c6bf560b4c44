// What a Split or Replace of tokenizer.json looks for: a text or a regular expression.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oinf/text/json_access.h"
#include "oinf/text/regex.h"

namespace openinfer {

class Pattern {
 public:
  // component: has the member `pattern`, a string, {"String": …} or {"Regex": …}. Errors: P0025, those of Regex.
  static Result<Pattern> create(const text_json::Json& component);

  // All matches from left to right. Errors: those of Regex::find_all.
  [[nodiscard]] Result<std::vector<TextRange>> find_all(std::string_view text) const;

 private:
  std::string literal_;  // when there is no regex
  std::optional<Regex> regex_;
};

}  // namespace openinfer
