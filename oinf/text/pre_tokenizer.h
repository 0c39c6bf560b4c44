// The pre-tokenizer: cuts a normalised text into the pieces that the model sees one at a time.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

// Pieces of a text in order. A step that rewrites a piece keeps the new text in `own`.
struct TextPieces {
  std::vector<std::string_view> views;
  std::deque<std::string> own;
  bool at_start = true;  // the first piece is where the caller's text begins
};

class PreTokenizer {
 public:
  // json: as tokenizer.json has it, or empty for none. Sequence, ByteLevel (its mapping of bytes to characters is left
  // to the model), Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, BertPreTokenizer and
  // Metaspace. Errors: P0024 names another type, P0025 (malformed).
  static Result<PreTokenizer> create(std::string_view json);

  // text: well-formed UTF-8 that outlives the pieces. No piece is empty. Errors: those of Regex::find_all.
  [[nodiscard]] Result<TextPieces> apply(std::string_view text, bool at_start) const;

  using Step = std::function<Status(TextPieces&)>;

 private:
  std::vector<Step> steps_;
};

}  // namespace openinfer
