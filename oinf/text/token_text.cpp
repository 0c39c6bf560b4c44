#include "oinf/text/token_text.h"

#include "oinf/text/byte_alphabet.h"
#include "oinf/text/json_access.h"
#include "oinf/text/model_options.h"

namespace openinfer {
namespace {

using text_json::Json;
using text_json::member;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

class DecoderReader {
 public:
  explicit DecoderReader(TokenText& made) : made_(made) {}

  // Depth is bounded by the parser of the JSON.
  Status read(const Json& json) {
    OINF_ASSIGN(const std::string type, text_json::component_type(json, "a decoder"));
    if (type == "Fuse") return {};  // texts are joined anyway
    if (type == "ByteLevel") return made_.byte_level_ = true, Status();
    if (type == "ByteFallback") return made_.byte_fallback_ = true, Status();
    if (type == "Replace") return read_replace(json);
    if (type == "Strip") return read_strip(json);
    if (type == "Metaspace") return read_metaspace(json);
    if (type == "BPEDecoder") {
      OINF_ASSIGN(made_.suffix_, text_json::string_or(json, "suffix", "</w>"));
      return {};
    }
    if (type == "WordPiece") {
      made_.words_ = true;
      OINF_ASSIGN(made_.word_prefix_, text_json::string_or(json, "prefix", "##"));
      OINF_ASSIGN(made_.clean_up_, text_json::bool_or(json, "cleanup", true));
      return {};
    }
    if (type == "Sequence") {
      const Json* list = member(json, "decoders");
      if (!list || !list->is_array()) return Diagnostic(Code::P0025, "`decoders` must be a list");
      for (const Json& part : *list) OINF_TRY(read(part));
      return {};
    }
    return Diagnostic(Code::P0024, "decoder `" + type + "`");
  }

 private:
  Status read_replace(const Json& json) {
    const Json* pattern = member(json, "pattern");
    const Json* from = pattern && pattern->is_string() ? pattern : pattern ? member(*pattern, "String") : nullptr;
    if (!from || !from->is_string()) return Diagnostic(Code::P0024, "decoder Replace of anything but a String");
    if (from->get_ref<const std::string&>().empty()) return Diagnostic(Code::P0025, "a pattern is empty");
    OINF_ASSIGN(std::string to, text_json::string_or(json, "content", ""));
    made_.replacements_.emplace_back(from->get_ref<const std::string&>(), std::move(to));
    return {};
  }

  Status read_strip(const Json& json) {
    OINF_ASSIGN(const int64_t left, text_json::integer_or(json, "start", 0));
    OINF_ASSIGN(const int64_t right, text_json::integer_or(json, "stop", 0));
    // What comes at the end is not known while text streams.
    if (right != 0 || left < 0) return Diagnostic(Code::P0024, "decoder Strip at the end of the text");
    OINF_ASSIGN(made_.strip_, text_json::string_or(json, "content", " "));
    made_.strip_count_ = made_.strip_.empty() ? 0 : static_cast<size_t>(left);
    return {};
  }

  Status read_metaspace(const Json& json) {
    OINF_ASSIGN(std::string mark, text_json::string_or(json, "replacement", "▁"));
    OINF_ASSIGN(const bool prefix, text_json::bool_or(json, "add_prefix_space", true));
    OINF_ASSIGN(const std::string scheme, text_json::string_or(json, "prepend_scheme", prefix ? "always" : "never"));
    if (mark.empty()) return Diagnostic(Code::P0025, "the `replacement` of Metaspace is empty");
    made_.replacements_.emplace_back(std::move(mark), " ");
    made_.strip_ = " ";
    made_.strip_count_ = scheme == "never" ? 0 : 1;
    return {};
  }

  TokenText& made_;
};

Result<TokenText> TokenText::create(const TokenizerData& data) {
  TokenText made;
  made.literal_.assign(data.vocabulary.size(), false);
  for (const AddedToken& added : data.added)
    if (added.id < made.literal_.size()) made.literal_[added.id] = true;
  OINF_ASSIGN(const ModelOptions options, ModelOptions::read(data.model_options));
  made.suffix_ = options.end_of_word_suffix;
  if (data.decoder.empty()) return made;
  OINF_ASSIGN(const Json parsed, text_json::parse(data.decoder, Code::P0025, "the decoder"));
  OINF_TRY(DecoderReader(made).read(parsed));
  return made;
}

std::string TokenText::bytes(const TokenizerData& data, size_t id, bool first) const {
  const std::string& token = data.vocabulary[id];
  if (literal_[id]) return words_ && !first ? " " + token : token;
  if (byte_fallback_)
    if (const auto byte = byte_of_token(token)) return std::string(1, static_cast<char>(*byte));
  std::string text = token;
  for (const auto& [from, to] : replacements_) replace_all(text, from, to);
  if (!suffix_.empty() && text.ends_with(suffix_)) text.replace(text.size() - suffix_.size(), suffix_.size(), " ");
  if (byte_level_) {
    const bool blank = text.ends_with(' ');  // of the suffix: it is no stand-in
    if (auto raw = unspell_bytes(blank ? std::string_view(text).substr(0, text.size() - 1) : text))
      text = std::move(*raw) + (blank ? " " : "");
  }
  if (words_) {
    if (text.starts_with(word_prefix_)) {
      text.erase(0, first ? 0 : word_prefix_.size());
    } else if (!first) {
      text.insert(0, 1, ' ');
    }
    if (clean_up_)
      for (const std::string_view mark : {" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"})
        replace_all(text, mark, mark.substr(1));
  }
  for (size_t i = 0; first && i < strip_count_ && text.starts_with(strip_); ++i) text.erase(0, strip_.size());
  return text;
}

}  // namespace openinfer
