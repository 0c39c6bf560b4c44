#include "oinf/text/word_piece.h"

#include <algorithm>
#include <string>
#include <utility>

#include "oinf/text/unicode.h"

namespace openinfer {

Result<std::unique_ptr<TokenModel>> WordPiece::create(const TokenizerData& data, const std::vector<bool>& special) {
  std::unique_ptr<WordPiece> made(new WordPiece);
  OINF_ASSIGN(made->options_, ModelOptions::read(data.model_options));
  if (made->options_.continuing_subword_prefix.empty()) made->options_.continuing_subword_prefix = "##";
  if (made->options_.unk_token.empty()) made->options_.unk_token = "[UNK]";
  for (size_t id = 0; id < data.vocabulary.size(); ++id) {
    const std::string& token = data.vocabulary[id];
    if (token == made->options_.unk_token) made->unknown_ = static_cast<int32_t>(id);
    if (!token.empty() && !special[id]) made->ids_.emplace(token, static_cast<int32_t>(id));
  }
  if (made->unknown_ < 0)
    return Diagnostic(Code::P0025, "the unknown token `" + made->options_.unk_token + "` is not in the vocabulary");
  return std::unique_ptr<TokenModel>(std::move(made));
}

Status WordPiece::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  std::vector<size_t> ends;  // of each character
  for_each_character(piece, [&](uint32_t, size_t at, size_t length) { ends.push_back(at + length); });
  const size_t before = ids.size();
  const bool too_long = static_cast<int64_t>(ends.size()) > options_.max_input_chars_per_word;
  std::string candidate;
  for (size_t begin = 0, character = 0; begin < piece.size();) {
    int32_t found = -1;
    size_t end = too_long ? character : ends.size();
    for (; end > character; --end) {
      candidate.assign(begin == 0 ? "" : options_.continuing_subword_prefix);
      candidate.append(piece.substr(begin, ends[end - 1] - begin));
      const auto it = ids_.find(candidate);
      if (it == ids_.end()) continue;
      found = it->second;
      break;
    }
    if (found < 0) {  // one part unknown makes the word unknown
      ids.resize(before);
      ids.push_back(unknown_);
      return {};
    }
    ids.push_back(found);
    begin = ends[end - 1];
    character = end;
  }
  return {};
}

}  // namespace openinfer
