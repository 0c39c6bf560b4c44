#include "oinf/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "ir/utf8.h"
#include "oinf/text/added_tokens.h"
#include "oinf/text/bpe.h"
#include "oinf/text/normalizer.h"
#include "oinf/text/post_processor.h"
#include "oinf/text/pre_tokenizer.h"
#include "oinf/text/token_text.h"
#include "oinf/text/unigram.h"
#include "oinf/text/word_piece.h"

namespace openinfer {

struct Tokenizer::Parts {
  TokenizerData data;
  std::vector<bool> special;    // by id
  AddedTokenFinder raw;         // found in the text as it is
  AddedTokenFinder normalized;  // found in what the normaliser made of it
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<TokenModel> model;
  PostProcessor post_processor;
  TokenText token_text;

  Status encode_text(std::string_view text, bool at_start, bool names, std::vector<int32_t>& ids) const;
};

namespace {

constexpr uint8_t kControl = 3;  // token type as GGUF numbers them

Result<std::unique_ptr<TokenModel>> make_model(const TokenizerData& data, const std::vector<bool>& special) {
  switch (data.kind) {
    case TokenizerKind::byte_bpe:
    case TokenizerKind::sentencepiece_bpe:
      return Bpe::create(data, special);
    case TokenizerKind::wordpiece:
      return WordPiece::create(data, special);
    case TokenizerKind::unigram:
      return Unigram::create(data, special);
  }
  return Diagnostic(Code::P0024, "tokenizer of an unknown kind");
}

Result<std::vector<bool>> special_ids(const TokenizerData& data) {
  const size_t size = data.vocabulary.size();
  if (size > size_t{INT32_MAX}) return Diagnostic(Code::P0025, "the vocabulary has more than 2^31 tokens");
  if ((!data.scores.empty() && data.scores.size() != size) || (!data.types.empty() && data.types.size() != size))
    return Diagnostic(Code::P0025, "scores and types must be as many as the vocabulary has tokens");
  std::vector<bool> special(size, false);
  for (size_t id = 0; id < data.types.size(); ++id) special[id] = data.types[id] == kControl;
  for (const AddedToken& added : data.added) {
    if (added.id >= size) return Diagnostic(Code::P0025, "an added token's id is past the vocabulary");
    if (added.special) special[added.id] = true;
  }
  return special;
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::create(TokenizerData data) {
  auto parts = std::make_unique<Parts>();
  parts->data = std::move(data);
  const TokenizerData& held = parts->data;
  OINF_ASSIGN(parts->special, special_ids(held));
  OINF_ASSIGN(parts->normalizer, Normalizer::create(held.normalizer));
  OINF_ASSIGN(parts->pre_tokenizer, PreTokenizer::create(held.pre_tokenizer));
  OINF_ASSIGN(parts->post_processor, PostProcessor::create(held.post_processor, held.vocabulary.size()));
  OINF_ASSIGN(parts->token_text, TokenText::create(held));
  OINF_ASSIGN(parts->model, make_model(held, parts->special));
  for (const AddedToken& added : held.added) {
    if (added.normalized) {
      OINF_ASSIGN(const std::string content, parts->normalizer.apply(added.content));
      parts->normalized.add(added, content);
    } else {
      parts->raw.add(added, added.content);
    }
  }
  return Tokenizer(std::move(parts));
}

// text: between added tokens that are found in the raw text.
Status Tokenizer::Parts::encode_text(std::string_view text, bool at_start, bool names,
                                     std::vector<int32_t>& ids) const {
  OINF_ASSIGN(const std::string clean, normalizer.apply(text));
  std::vector<TextSegment> segments;
  normalized.split(clean, names, segments);
  for (const TextSegment& segment : segments) {
    if (segment.token >= 0) {
      ids.push_back(segment.token);
      continue;
    }
    OINF_ASSIGN(const TextPieces pieces,
                pre_tokenizer.apply(segment.text, at_start && segment.text.data() == clean.data()));
    for (const std::string_view piece : pieces.views) OINF_TRY(model->encode(piece, ids));
  }
  return {};
}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  if (const size_t at = first_not_utf8(text); at != std::string_view::npos)
    return Diagnostic(Code::I0007, "the byte at offset " + std::to_string(at) + " is not UTF-8");
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3 + 8);
  const PostProcessor& around = parts_->post_processor;
  if (options.add_special) ids = around.before;
  std::vector<TextSegment> segments;
  parts_->raw.split(text, options.names, segments);
  for (const TextSegment& segment : segments) {
    if (segment.token >= 0) {
      ids.push_back(segment.token);
    } else {
      OINF_TRY(parts_->encode_text(segment.text, segment.text.data() == text.data(), options.names, ids));
    }
  }
  if (options.add_special) ids.insert(ids.end(), around.after.begin(), around.after.end());
  return ids;
}

Result<std::string> Tokenizer::decode(std::span<const int32_t> ids, bool names) const {
  StreamDecoder stream(*this, names);
  std::string text;
  for (const int32_t id : ids) {
    OINF_ASSIGN(const std::string shown, stream.push(id));
    text += shown;
  }
  return text + stream.finish();
}

const TokenizerData& Tokenizer::data() const { return parts_->data; }

bool Tokenizer::is_special(int32_t id) const {
  return id >= 0 && static_cast<size_t>(id) < parts_->special.size() && parts_->special[static_cast<size_t>(id)];
}

std::optional<int32_t> Tokenizer::id_of(std::string_view token) const {
  const auto& vocabulary = parts_->data.vocabulary;
  const auto it = std::find(vocabulary.begin(), vocabulary.end(), token);
  if (token.empty() || it == vocabulary.end()) return std::nullopt;
  return static_cast<int32_t>(it - vocabulary.begin());
}

std::string Tokenizer::token_bytes(int32_t id, bool first) const {
  return is_special(id) ? parts_->data.vocabulary[static_cast<size_t>(id)]
                        : parts_->token_text.bytes(parts_->data, static_cast<size_t>(id), first);
}

}  // namespace openinfer
