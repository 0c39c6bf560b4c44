#include "oinf/text/added_tokens.h"

#include "oinf/text/unicode.h"

namespace openinfer {
namespace {

uint64_t edge(uint32_t node, char byte) { return uint64_t{node} << 8 | static_cast<unsigned char>(byte); }

// The character that ends at `at`; at > 0.
uint32_t character_before(std::string_view text, size_t at) {
  size_t begin = at - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0u) == 0x80u) --begin;
  return utf8_code(text, begin, at - begin);
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  if (begin > 0 && is_word(character_before(text, begin))) return false;
  return end == text.size() || !is_word(utf8_code(text, end, utf8_length(text, end)));
}

}  // namespace

void AddedTokenFinder::add(const AddedToken& token, std::string_view content) {
  if (content.empty()) return;
  uint32_t node = 0;
  for (const char byte : content) {
    const auto [it, fresh] = children_.emplace(edge(node, byte), static_cast<uint32_t>(token_of_node_.size()));
    if (fresh) token_of_node_.push_back(-1);
    node = it->second;
  }
  token_of_node_[node] = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
}

AddedTokenFinder::Found AddedTokenFinder::longest_at(std::string_view text, size_t at, bool specials) const {
  Found found;
  uint32_t node = 0;
  for (size_t end = at; end < text.size();) {
    const auto it = children_.find(edge(node, text[end]));
    if (it == children_.end()) break;
    node = it->second;
    ++end;
    if (token_of_node_[node] < 0) continue;
    const AddedToken& token = tokens_[static_cast<size_t>(token_of_node_[node])];
    if (token.special && !specials) continue;
    if (token.single_word && !stands_alone(text, at, end)) continue;
    found = {&token, end};
  }
  return found;
}

void AddedTokenFinder::split(std::string_view text, bool specials, std::vector<TextSegment>& segments) const {
  size_t done = 0;
  for (size_t at = 0; at < text.size() && !tokens_.empty();) {
    const Found found = longest_at(text, at, specials);
    if (!found.token) {
      ++at;
      continue;
    }
    size_t begin = at, end = found.end;
    if (found.token->lstrip)
      while (begin > done && is_white_space(character_before(text, begin))) {
        do --begin;
        while ((static_cast<unsigned char>(text[begin]) & 0xC0u) == 0x80u);
      }
    if (found.token->rstrip)
      while (end < text.size()) {
        const size_t n = utf8_length(text, end);
        if (!is_white_space(utf8_code(text, end, n))) break;
        end += n;
      }
    if (begin > done) segments.push_back({text.substr(done, begin - done), -1});
    segments.push_back({text.substr(begin, end - begin), static_cast<int32_t>(found.token->id)});
    done = at = end;
  }
  if (done < text.size()) segments.push_back({text.substr(done), -1});
}

}  // namespace openinfer
