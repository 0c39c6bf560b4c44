#include "ir/utf8.h"
#include "oinf/text/tokenizer.h"

namespace openinfer {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

// Moves whole characters from `bytes` to the result, what is none as U+FFFD; an unfinished character stays.
std::string take_characters(std::string& bytes) {
  std::string text;
  size_t at = 0;
  while (at < bytes.size()) {
    if (const size_t n = utf8_length(bytes, at); n > 0) {
      text.append(bytes, at, n);
      at += n;
      continue;
    }
    const size_t broken = utf8_broken_length(bytes, at);
    const unsigned lead = static_cast<unsigned char>(bytes[at]);
    if (at + broken == bytes.size() && lead >= 0xC2 && lead <= 0xF4) break;  // the rest may still come
    text += kReplacement;
    at += broken;
  }
  bytes.erase(0, at);
  return text;
}

}  // namespace

Result<std::string> StreamDecoder::push(int64_t id) {
  if (id < 0) return std::string();
  if (static_cast<uint64_t>(id) >= tokenizer_->vocabulary_size())
    return Diagnostic(Code::R0001, "token " + std::to_string(id) + " is outside the vocabulary of " +
                                       std::to_string(tokenizer_->vocabulary_size()));
  const auto token = static_cast<int32_t>(id);
  if (tokenizer_->is_special(token) && !names_) return std::string();
  waiting_ += tokenizer_->token_bytes(token, first_);
  first_ = false;
  return take_characters(waiting_);
}

std::string Tokenizer::piece(int32_t id) const {
  if (id < 0 || static_cast<size_t>(id) >= vocabulary_size()) return {};
  std::string bytes = token_bytes(id, false);
  std::string text = take_characters(bytes);
  return bytes.empty() ? text : text + std::string(kReplacement);
}

std::string StreamDecoder::finish() {
  std::string rest;
  if (!waiting_.empty()) rest = kReplacement;
  waiting_.clear();
  first_ = true;
  return rest;
}

}  // namespace openinfer
