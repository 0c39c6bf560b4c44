// The decoder of a tokenizer: the bytes that one token shows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

class TokenText {
 public:
  // Decoders ByteLevel, ByteFallback, Fuse, Strip (at the left), Replace (of a text), Metaspace, WordPiece, BPEDecoder
  // and Sequence; none: the token's own text. Errors: P0024 names another type, P0025 (malformed).
  static Result<TokenText> create(const TokenizerData& data);

  // The bytes of token `id` of data, which is the one create saw. first: no token of this text was shown before.
  // Bytes, since a character of several may be spread over tokens.
  [[nodiscard]] std::string bytes(const TokenizerData& data, size_t id, bool first) const;

 private:
  friend class DecoderReader;

  std::vector<bool> literal_;  // by id: an added token, which shows its content as it is
  bool byte_level_ = false;
  bool byte_fallback_ = false;
  std::vector<std::pair<std::string, std::string>> replacements_;  // of each token's text, in order
  std::string strip_;                                              // dropped at the beginning of the text …
  size_t strip_count_ = 0;                                         // … this often at most
  std::string suffix_;                                             // ends a word; shown as a blank
  std::string word_prefix_;                                        // WordPiece: a token without it begins a word
  bool words_ = false;
  bool clean_up_ = false;  // WordPiece: no blank before punctuation
};

}  // namespace openinfer
