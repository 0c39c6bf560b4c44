// Text to token ids and back, with the tokenizer that a package holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

struct EncodeOptions {
  bool add_special = true;  // the special tokens that the tokenizer puts around one text
  bool names = false;       // a special token's name in the text is that token; false: it is plain text
};

// Immutable: one tokenizer may serve several threads.
class Tokenizer {
 public:
  // Byte-level BPE, SentencePiece BPE and unigram with or without byte fallback, and WordPiece.
  // Errors: P0024 names a kind or component that is not supported, P0025 (malformed).
  static Result<Tokenizer> create(TokenizerData data);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Errors: I0007 with the offset of the first byte that is not UTF-8; I0009 for text that has no tokens, or that the
  // tokenizer's regular expressions give up on.
  [[nodiscard]] Result<std::vector<int32_t>> encode(std::string_view text, EncodeOptions options = {}) const;

  // One whole text; see StreamDecoder. Errors: R0001 for an id outside the vocabulary.
  [[nodiscard]] Result<std::string> decode(std::span<const int32_t> ids, bool names = false) const;

  // What one token is within a text, a special one its name; a part of a character is U+FFFD, and an id outside the
  // vocabulary nothing.
  [[nodiscard]] std::string piece(int32_t id) const;

  [[nodiscard]] const TokenizerData& data() const;
  [[nodiscard]] size_t vocabulary_size() const { return data().vocabulary.size(); }
  [[nodiscard]] bool is_special(int32_t id) const;  // false outside the vocabulary
  // The id of a token as the vocabulary spells it.
  [[nodiscard]] std::optional<int32_t> id_of(std::string_view token) const;

 private:
  friend class StreamDecoder;
  struct Parts;
  explicit Tokenizer(std::unique_ptr<const Parts> parts);
  // The bytes that an id shows; first: nothing of this text was shown before.
  [[nodiscard]] std::string token_bytes(int32_t id, bool first) const;

  std::unique_ptr<const Parts> parts_;
};

// Text from ids that come one after the other. Ids below 0 and special tokens show nothing, unless names was asked for.
// The bytes of an unfinished character wait for the next id; what is no UTF-8 becomes U+FFFD.
class StreamDecoder {
 public:
  // tokenizer outlives the decoder.
  explicit StreamDecoder(const Tokenizer& tokenizer, bool names = false) : tokenizer_(&tokenizer), names_(names) {}

  // The text that can be shown now, maybe empty. Errors: R0001 for an id outside the vocabulary; nothing changes then.
  Result<std::string> push(int64_t id);
  // What still waits, as U+FFFD. The next id begins a new text.
  std::string finish();

 private:
  const Tokenizer* tokenizer_;
  bool names_;
  bool first_ = true;
  std::string waiting_;
};

}  // namespace openinfer
