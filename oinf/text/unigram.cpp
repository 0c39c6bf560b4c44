#include "oinf/text/unigram.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "ir/utf8.h"
#include "oinf/text/byte_alphabet.h"
#include "oinf/text/json_access.h"
#include "oinf/text/model_options.h"

namespace openinfer {
namespace {

constexpr uint8_t kNormal = 1, kUserDefined = 4;  // token types as GGUF numbers them
constexpr double kUnknownPenalty = 10;            // of sentencepiece: this much below the worst token

uint64_t edge(uint32_t node, char byte) { return uint64_t{node} << 8 | static_cast<unsigned char>(byte); }

}  // namespace

Result<std::unique_ptr<TokenModel>> Unigram::create(const TokenizerData& data, const std::vector<bool>& special) {
  std::unique_ptr<Unigram> made(new Unigram);
  OINF_ASSIGN(const ModelOptions options, ModelOptions::read(data.model_options));
  if (data.scores.empty() || data.scores.size() != data.vocabulary.size())
    return Diagnostic(Code::P0025, "a unigram model needs a score for each token");
  if (options.unk_id >= static_cast<int64_t>(data.vocabulary.size()))
    return Diagnostic(Code::P0025, "`unk_id` is past the vocabulary");
  made->unknown_ = options.unk_id < 0 ? -1 : static_cast<int32_t>(options.unk_id);
  made->byte_fallback_ = options.byte_fallback;
  made->scores_ = &data.scores;
  made->byte_ids_.fill(-1);
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t id = 0; id < data.vocabulary.size(); ++id) {
    const std::string& token = data.vocabulary[id];
    if (data.scores[id] != data.scores[id]) return Diagnostic(Code::P0025, "a token's score is not a number");
    if (const auto byte = byte_of_token(token)) made->byte_ids_[*byte] = static_cast<int32_t>(id);
    if (token.empty() || special[id] || static_cast<int32_t>(id) == made->unknown_) continue;
    if (!data.types.empty() && data.types[id] != kNormal && data.types[id] != kUserDefined) continue;
    lowest = std::min(lowest, static_cast<double>(data.scores[id]));
    uint32_t node = 0;
    for (const char byte : token) {
      const auto [it, fresh] =
          made->children_.emplace(edge(node, byte), static_cast<uint32_t>(made->token_of_node_.size()));
      if (fresh) made->token_of_node_.push_back(-1);
      node = it->second;
    }
    if (made->token_of_node_[node] < 0) made->token_of_node_[node] = static_cast<int32_t>(id);
  }
  made->unknown_score_ = lowest - kUnknownPenalty;
  return std::unique_ptr<TokenModel>(std::move(made));
}

Status Unigram::unknown(std::string_view character, std::vector<int32_t>& ids) const {
  const auto byte_id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  if (byte_fallback_ && std::all_of(character.begin(), character.end(), [&](char c) { return byte_id(c) >= 0; })) {
    for (const char c : character) ids.push_back(byte_id(c));
  } else if (unknown_ < 0) {
    return Diagnostic(Code::I0009, "the tokenizer has no token for `" + std::string(character) + "`");
  } else if (ids.empty() || ids.back() != unknown_) {
    ids.push_back(unknown_);  // neighbours that are unknown are one token
  }
  return {};
}

Status Unigram::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  struct Best {
    double score;
    size_t from;
    int32_t token;  // -1: an unknown character
  };
  // best[i]: of the ways to cut the first i bytes.
  std::vector<Best> best(piece.size() + 1, Best{kNever, 0, -1});
  best[0].score = 0;
  for (size_t at = 0; at < piece.size();) {
    const size_t n = utf8_length(piece, at);
    if (n == 0) return Diagnostic(Code::I0007, "text is not UTF-8");
    const double here = best[at].score;
    bool one = false;  // a token covers just this character
    uint32_t node = 0;
    for (size_t end = at; end < piece.size();) {
      const auto it = children_.find(edge(node, piece[end]));
      if (it == children_.end()) break;
      node = it->second;
      ++end;
      const int32_t token = token_of_node_[node];
      if (token < 0) continue;
      one = one || end == at + n;
      const double score = here + static_cast<double>((*scores_)[static_cast<size_t>(token)]);
      if (score > best[end].score) best[end] = {score, at, token};
    }
    if (!one && here + unknown_score_ > best[at + n].score) best[at + n] = {here + unknown_score_, at, -1};
    at += n;
  }
  std::vector<size_t> ends;
  for (size_t end = piece.size(); end > 0; end = best[end].from) ends.push_back(end);
  std::vector<int32_t> found;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const Best& step = best[*end];
    if (step.token >= 0) {
      found.push_back(step.token);
    } else {
      OINF_TRY(unknown(piece.substr(step.from, *end - step.from), found));
    }
  }
  ids.insert(ids.end(), found.begin(), found.end());
  return {};
}

}  // namespace openinfer
