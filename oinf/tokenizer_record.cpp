#include "oinf/tokenizer_record.h"

#include <fmt/format.h>

#include <cstring>

#include "oinf/byte_reader.h"
#include "oinf/byte_writer.h"
#include "oinf/package_text.h"

namespace openinfer {
namespace {

constexpr uint32_t kSpecial = 1, kSingleWord = 2, kLstrip = 4, kRstrip = 8, kNormalized = 16;

Diagnostic malformed(std::string what) { return {Code::P0025, "the tokenizer's record: " + what}; }

// The longer texts, in the order in which they stand.
constexpr std::string TokenizerData::* kTexts[] = {&TokenizerData::model_options, &TokenizerData::normalizer,
                                                   &TokenizerData::pre_tokenizer, &TokenizerData::post_processor,
                                                   &TokenizerData::decoder,       &TokenizerData::chat_template};

Status read_vocabulary(ByteReader& in, std::vector<std::string>& vocabulary) {
  const uint64_t count = in.u64();
  const uint64_t total = in.u64();
  if (!in.can_hold(count, 4)) return malformed("vocabulary longer than the record");
  const auto lengths = in.padded_bytes(count * 4);
  const auto bytes = in.padded_bytes(total);
  if (!in.ok()) return malformed("vocabulary longer than the record");
  vocabulary.reserve(count);
  uint64_t at = 0;
  for (uint64_t id = 0; id < count; ++id) {
    uint32_t length = 0;
    std::memcpy(&length, lengths.data() + id * 4, 4);
    if (length > total - at) return malformed(fmt::format("token {} is longer than the vocabulary", id));
    vocabulary.emplace_back(reinterpret_cast<const char*>(bytes.data()) + at, length);
    at += length;
  }
  if (at != total) return malformed("the vocabulary's lengths do not add up");
  return {};
}

// A list that is empty or has one number for each id.
template <class T>
Status read_per_id(ByteReader& in, size_t vocabulary, std::vector<T>& list, const char* what) {
  const uint64_t count = in.u64();
  if (count != 0 && count != vocabulary) return malformed(fmt::format("{} {} for {} tokens", count, what, vocabulary));
  const auto bytes = in.padded_bytes(count * sizeof(T));
  if (!in.ok()) return malformed(fmt::format("{} longer than the record", what));
  list.resize(count);
  if (count != 0) std::memcpy(list.data(), bytes.data(), bytes.size());
  return {};
}

Status read_merges(ByteReader& in, TokenizerData& t) {
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 8)) return malformed("merges longer than the record");
  t.merges.reserve(count);
  for (uint64_t rank = 0; rank < count; ++rank) {
    const uint32_t left = in.u32();
    const uint32_t right = in.u32();
    if (left >= t.vocabulary.size() || right >= t.vocabulary.size())
      return malformed(fmt::format("merge {} is of an id outside the vocabulary", rank));
    t.merges.emplace_back(left, right);
  }
  return {};
}

Status read_added(ByteReader& in, TokenizerData& t) {
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 16)) return malformed("added tokens longer than the record");
  for (uint64_t i = 0; i < count; ++i) {
    AddedToken token;
    token.id = in.u32();
    const uint32_t flags = in.u32();
    token.content = in.string();
    if (!in.ok()) return malformed("added tokens longer than the record");
    if (flags >= 2 * kNormalized || !is_utf8(token.content)) return malformed(fmt::format("added token {}", i));
    token.special = (flags & kSpecial) != 0;
    token.single_word = (flags & kSingleWord) != 0;
    token.lstrip = (flags & kLstrip) != 0;
    token.rstrip = (flags & kRstrip) != 0;
    token.normalized = (flags & kNormalized) != 0;
    t.added.push_back(std::move(token));
  }
  return {};
}

template <class T>
void write_list(ByteWriter& out, const std::vector<T>& list) {
  out.u64(list.size());
  out.raw(list.data(), list.size() * sizeof(T));
  out.pad();
}

}  // namespace

std::vector<std::byte> write_tokenizer(const TokenizerData& t) {
  ByteWriter out;
  out.u32(static_cast<uint32_t>(t.kind));
  out.u32(0);
  uint64_t total = 0;
  for (const std::string& token : t.vocabulary) total += token.size();
  out.u64(t.vocabulary.size());
  out.u64(total);
  for (const std::string& token : t.vocabulary) out.u32(static_cast<uint32_t>(token.size()));
  out.pad();
  for (const std::string& token : t.vocabulary) out.raw(token.data(), token.size());
  out.pad();
  write_list(out, t.scores);
  write_list(out, t.types);
  out.u64(t.merges.size());
  for (const auto& [left, right] : t.merges) {
    out.u32(left);
    out.u32(right);
  }
  out.u64(t.added.size());
  for (const AddedToken& token : t.added) {
    out.u32(token.id);
    out.u32((token.special ? kSpecial : 0) | (token.single_word ? kSingleWord : 0) | (token.lstrip ? kLstrip : 0) |
            (token.rstrip ? kRstrip : 0) | (token.normalized ? kNormalized : 0));
    out.string(token.content);
  }
  for (const auto text : kTexts) out.string(t.*text);
  return {out.bytes().begin(), out.bytes().end()};
}

Result<TokenizerData> read_tokenizer(std::span<const std::byte> record) {
  ByteReader in(record);
  TokenizerData t;
  const uint32_t kind = in.u32();
  if (in.u32() != 0 || kind < 1 || kind > 4) return malformed(fmt::format("unknown kind {}", kind));
  t.kind = static_cast<TokenizerKind>(kind);
  OINF_TRY(read_vocabulary(in, t.vocabulary));
  OINF_TRY(read_per_id(in, t.vocabulary.size(), t.scores, "scores"));
  OINF_TRY(read_per_id(in, t.vocabulary.size(), t.types, "types"));
  OINF_TRY(read_merges(in, t));
  OINF_TRY(read_added(in, t));
  for (const auto text : kTexts) {
    t.*text = in.string();
    if (!is_utf8(t.*text)) return malformed("a text that is not UTF-8");
  }
  if (!in.ok()) return malformed("it is too short");
  if (in.bad_padding() || in.remaining() != 0) return malformed("bytes that belong to nothing");
  return t;
}

}  // namespace openinfer
