#include "oinf/text/bpe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "ir/utf8.h"
#include "oinf/text/byte_alphabet.h"

namespace openinfer {
namespace {

constexpr uint8_t kNormal = 1, kUserDefined = 4;  // token types as GGUF numbers them

}  // namespace

int32_t Bpe::id_of(std::string_view token) const {
  const auto it = ids_.find(token);
  return it == ids_.end() ? -1 : it->second;
}

Result<std::unique_ptr<TokenModel>> Bpe::create(const TokenizerData& data, const std::vector<bool>& special) {
  std::unique_ptr<Bpe> made(new Bpe);
  Bpe& bpe = *made;
  OINF_ASSIGN(bpe.options_, ModelOptions::read(data.model_options));
  bpe.bytes_ = data.kind == TokenizerKind::byte_bpe;
  bpe.ids_.reserve(data.vocabulary.size());
  for (size_t id = 0; id < data.vocabulary.size(); ++id) {
    const std::string& token = data.vocabulary[id];
    if (token.empty()) continue;
    if (special[id] || (!data.types.empty() && data.types[id] != kNormal && data.types[id] != kUserDefined)) {
      bpe.kept_out_.insert(token);
      continue;
    }
    bpe.ids_.emplace(token, static_cast<int32_t>(id));
  }
  if (bpe.bytes_) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string token;
      append_utf8(token, byte_characters()[byte]);
      bpe.byte_ids_[byte] = bpe.id_of(token);
      bpe.last_byte_ids_[byte] = bpe.id_of(token + bpe.options_.end_of_word_suffix);
    }
  } else {
    bpe.byte_ids_.fill(-1);
    // Of the vocabulary as it is: byte tokens may have a type of their own, which keeps them out of ids_.
    for (size_t id = 0; id < data.vocabulary.size(); ++id)
      if (const auto byte = byte_of_token(data.vocabulary[id])) bpe.byte_ids_[*byte] = static_cast<int32_t>(id);
  }
  if (const std::string& name = bpe.options_.unk_token; !name.empty()) {
    const auto it = std::find(data.vocabulary.begin(), data.vocabulary.end(), name);
    if (it == data.vocabulary.end())
      return Diagnostic(Code::P0025, "the unknown token `" + name + "` is not in the vocabulary");
    bpe.unknown_ = static_cast<int32_t>(it - data.vocabulary.begin());
  }
  if (data.merges.empty() && !data.scores.empty()) {
    bpe.derive_merges(data);
  } else {
    OINF_TRY(bpe.read_merges(data));
  }
  // With a suffix at a word's end the first symbols are no characters.
  if (!bpe.bytes_ && bpe.options_.end_of_word_suffix.empty()) bpe.find_neighbours();
  return std::unique_ptr<TokenModel>(std::move(made));
}

Status Bpe::read_merges(const TokenizerData& data) {
  merges_ = MergeTable(data.merges.size());
  std::string joined;
  for (size_t rank = 0; rank < data.merges.size(); ++rank) {
    const auto [left, right] = data.merges[rank];
    if (left >= data.vocabulary.size() || right >= data.vocabulary.size())
      return Diagnostic(Code::P0025, "merge " + std::to_string(rank) + " has an id past the vocabulary");
    joined.assign(data.vocabulary[left]).append(data.vocabulary[right]);
    const int32_t id = id_of(joined);
    // A pair that would make a control token stays two tokens: no typed text may make one.
    if (id < 0 && kept_out_.contains(joined)) continue;
    if (id < 0) return Diagnostic(Code::P0025, "merge " + std::to_string(rank) + " makes no token of the vocabulary");
    merges_.insert(static_cast<int32_t>(left), static_cast<int32_t>(right), {static_cast<uint32_t>(rank), id});
  }
  return {};
}

// SentencePiece joins any two neighbours whose text together is a token, best score first. Every way to cut a token in
// two tokens is such a pair.
void Bpe::derive_merges(const TokenizerData& data) {
  std::vector<float> scores(data.scores);
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  struct Pair {
    int32_t left, right;
    Merge merge;
  };
  std::vector<Pair> pairs;
  for (const auto& [token, id] : ids_) {
    const auto place =
        std::lower_bound(scores.begin(), scores.end(), data.scores[static_cast<size_t>(id)], std::greater<>());
    const auto rank = static_cast<uint32_t>(place - scores.begin());
    for (size_t cut = utf8_length(token, 0); cut > 0 && cut < token.size();) {
      const int32_t left = id_of(token.substr(0, cut)), right = id_of(token.substr(cut));
      if (left >= 0 && right >= 0) pairs.push_back({left, right, {rank, id}});
      const size_t n = utf8_length(token, cut);
      if (n == 0) break;
      cut += n;
    }
  }
  merges_ = MergeTable(pairs.size());
  for (const Pair& pair : pairs) merges_.insert(pair.left, pair.right, pair.merge);
}

void Bpe::find_neighbours() {
  const auto each_pair = [&](auto&& visit) {
    for (const auto& [token, id] : ids_) {
      size_t n = utf8_length(token, 0);
      int32_t left = n == 0 ? -1 : id_of(token.substr(0, n));
      for (size_t at = n; n > 0 && at < token.size(); at += n) {
        n = utf8_length(token, at);
        const int32_t right = n == 0 ? -1 : id_of(token.substr(at, n));
        if (left >= 0 && right >= 0) visit(left, right);
        left = right;
      }
    }
  };
  size_t count = 0;
  each_pair([&](int32_t, int32_t) { ++count; });
  MergeTable pairs(count);
  each_pair([&](int32_t left, int32_t right) { pairs.insert(left, right, {}); });
  neighbours_ = std::move(pairs);
}

void Bpe::merge(std::vector<int32_t>& symbols) const {
  if (!neighbours_) return merges_.apply(symbols);
  std::vector<int32_t> run;
  size_t kept = 0;
  for (size_t at = 0; at < symbols.size();) {
    size_t end = at + 1;
    while (end < symbols.size() && neighbours_->find(symbols[end - 1], symbols[end]) != nullptr) ++end;
    run.assign(symbols.begin() + static_cast<std::ptrdiff_t>(at), symbols.begin() + static_cast<std::ptrdiff_t>(end));
    merges_.apply(run);
    std::copy(run.begin(), run.end(), symbols.begin() + static_cast<std::ptrdiff_t>(kept));
    kept += run.size();
    at = end;
  }
  symbols.resize(kept);
}

Status Bpe::unknown(std::string_view character, std::vector<int32_t>& ids) const {
  const auto byte_id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  const bool all = std::all_of(character.begin(), character.end(), [&](char c) { return byte_id(c) >= 0; });
  if (options_.byte_fallback && all) {
    for (const char c : character) ids.push_back(byte_id(c));
  } else if (unknown_ < 0) {
    return Diagnostic(Code::I0009, "the tokenizer has no token for `" + std::string(character) + "`");
  } else if (!options_.fuse_unk || ids.empty() || ids.back() != unknown_) {
    ids.push_back(unknown_);
  }
  return {};
}

// The ids before any merge: one for each byte or character.
Status Bpe::start(std::string_view piece, std::vector<int32_t>& ids) const {
  if (bytes_) {
    for (size_t i = 0; i < piece.size(); ++i) {
      const auto byte = static_cast<unsigned char>(piece[i]);
      const int32_t id = (i + 1 == piece.size() ? last_byte_ids_ : byte_ids_)[byte];
      if (id >= 0) {
        ids.push_back(id);
      } else if (unknown_ < 0) {
        return Diagnostic(Code::I0009, "the tokenizer has no token for the byte " + std::to_string(byte));
      } else if (!options_.fuse_unk || ids.empty() || ids.back() != unknown_) {
        ids.push_back(unknown_);
      }
    }
    return {};
  }
  for (size_t at = 0; at < piece.size();) {
    const size_t n = utf8_length(piece, at);
    if (n == 0) return Diagnostic(Code::I0007, "text is not UTF-8");
    const std::string_view character = piece.substr(at, n);
    const bool last = at + n == piece.size() && !options_.end_of_word_suffix.empty();
    const int32_t id = last ? id_of(std::string(character) + options_.end_of_word_suffix) : id_of(character);
    if (id >= 0) {
      ids.push_back(id);
    } else {
      OINF_TRY(unknown(character, ids));
    }
    at += n;
  }
  return {};
}

Status Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  if (options_.ignore_merges) {
    const int32_t whole = bytes_ ? id_of(spell_bytes(piece)) : id_of(piece);
    if (whole >= 0) {
      ids.push_back(whole);
      return {};
    }
  }
  std::vector<int32_t> symbols;
  symbols.reserve(piece.size());
  OINF_TRY(start(piece, symbols));
  merge(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
  return {};
}

}  // namespace openinfer
