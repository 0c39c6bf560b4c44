#include "oinf/pack/gguf_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

#include "oinf/pack/gguf_pre_tokenizer.h"
#include "oinf/package_text.h"
#include "oinf/text/base64.h"

namespace openinfer::pack {
namespace {

using Json = nlohmann::json;

constexpr int64_t kControl = 3, kUserDefined = 4, kLastType = 6;
constexpr std::string_view kBlank = "\u2581";  // SentencePiece's stand-in for a blank

Diagnostic malformed(std::string message) { return {Code::P0025, std::move(message)}; }

class Importer {
 public:
  explicit Importer(const GgufFile& file) : file_(file) {}

  Result<std::optional<TokenizerData>> run() {
    const auto model = file_.text("tokenizer.ggml.model");
    if (!model || *model == "none" || *model == "no_vocab") return std::optional<TokenizerData>();
    OINF_TRY(read_vocabulary());
    OINF_TRY(make(*model));
    OINF_TRY(add_named_tokens());
    if (const auto chat = file_.text("tokenizer.chat_template")) {
      if (!is_utf8(*chat)) return malformed("the chat template is not UTF-8");
      data_.chat_template = *chat;
    }
    return std::optional(std::move(data_));
  }

 private:
  template <class T>
  [[nodiscard]] const T* list(std::string_view key) const {
    const GgufValue* value = file_.find(key);
    return value == nullptr ? nullptr : std::get_if<T>(value);
  }

  [[nodiscard]] bool flag(std::string_view key, bool fallback) const { return file_.boolean(key).value_or(fallback); }

  // A special token's id; none when the key is absent or its value is no token.
  [[nodiscard]] std::optional<uint32_t> token(std::string_view role) const {
    const auto id = file_.integer(fmt::format("tokenizer.ggml.{}_token_id", role));
    if (!id || *id < 0 || *id >= static_cast<int64_t>(data_.vocabulary.size())) return std::nullopt;
    return static_cast<uint32_t>(*id);
  }

  Status read_vocabulary() {
    const auto* tokens = list<std::vector<std::string_view>>("tokenizer.ggml.tokens");
    if (tokens == nullptr || tokens->empty()) return malformed("tokenizer.ggml.tokens is absent or empty");
    data_.vocabulary.assign(tokens->begin(), tokens->end());
    if (const auto* scores = list<std::vector<double>>("tokenizer.ggml.scores")) {
      if (scores->size() != tokens->size()) return malformed("tokenizer.ggml.scores is not one for each token");
      for (const double score : *scores) data_.scores.push_back(static_cast<float>(score));
    }
    if (const auto* types = list<std::vector<int64_t>>("tokenizer.ggml.token_type")) {
      if (types->size() != tokens->size()) return malformed("tokenizer.ggml.token_type is not one for each token");
      for (const int64_t type : *types) {
        if (type < 0 || type > kLastType) return malformed(fmt::format("token type {} is unknown", type));
        data_.types.push_back(static_cast<uint8_t>(type == 0 ? 1 : type));
      }
    }
    return {};
  }

  Status make(std::string_view model) {
    if (model == "gpt2") return make_byte_bpe();
    if (model == "llama") return make_sentencepiece_bpe();
    if (model == "t5") return make_unigram();
    if (model == "bert") return make_word_piece();
    return Diagnostic(Code::P0024, fmt::format("tokenizer model `{}`; gpt2, llama, t5 and bert are read", model));
  }

  Status make_byte_bpe() {
    data_.kind = TokenizerKind::byte_bpe;
    data_.scores.clear();  // byte-level models have none; some writers fill the list with zeros
    OINF_ASSIGN(const GgufPreTokenizer pre, gguf_pre_tokenizer(file_.text("tokenizer.ggml.pre").value_or("default")));
    data_.normalizer = pre.normalizer;
    data_.pre_tokenizer = pre.pre_tokenizer;
    data_.decoder = Json{{"type", "ByteLevel"}}.dump();
    Json options = Json::object();
    if (pre.ignore_merges) options["ignore_merges"] = true;
    data_.model_options = options.dump();
    OINF_TRY(read_merges());
    put_around(flag("tokenizer.ggml.add_bos_token", pre.add_bos || pre.around),
               flag("tokenizer.ggml.add_eos_token", false), flag("tokenizer.ggml.add_sep_token", pre.around));
    return {};
  }

  Status read_merges() {
    const auto* merges = list<std::vector<std::string_view>>("tokenizer.ggml.merges");
    if (merges == nullptr) return malformed("tokenizer.ggml.merges is absent");
    std::unordered_map<std::string_view, uint32_t> ids;
    ids.reserve(data_.vocabulary.size());
    for (size_t id = 0; id < data_.vocabulary.size(); ++id)
      ids.emplace(data_.vocabulary[id], static_cast<uint32_t>(id));
    data_.merges.reserve(merges->size());
    for (const std::string_view merge : *merges) {
      // A token may begin with a blank, so the one that parts the two comes later.
      const size_t blank = merge.empty() ? merge.npos : merge.find(' ', 1);
      if (blank == std::string_view::npos) return malformed(fmt::format("merge {} is no pair", data_.merges.size()));
      const auto left = ids.find(merge.substr(0, blank)), right = ids.find(merge.substr(blank + 1));
      if (left == ids.end() || right == ids.end())
        return malformed(fmt::format("merge {} names what is no token", data_.merges.size()));
      data_.merges.emplace_back(left->second, right->second);
    }
    return {};
  }

  // The unknown token and the bytes: what SentencePiece does with a character that it has no token for.
  Status add_unknown(Json& options) const {
    const auto unknown = token("unknown");
    if (!unknown) return {};
    const std::string& name = data_.vocabulary[*unknown];
    if (!is_utf8(name)) return malformed("the unknown token is not UTF-8");
    options["unk_token"] = name;
    options["unk_id"] = *unknown;
    return {};
  }

  Status make_sentencepiece_bpe() {
    data_.kind = TokenizerKind::sentencepiece_bpe;
    if (data_.scores.empty()) return malformed("tokenizer.ggml.scores is absent");
    Json options = {{"byte_fallback", true}, {"fuse_unk", true}};
    OINF_TRY(add_unknown(options));
    data_.model_options = options.dump();
    const bool prefix = flag("tokenizer.ggml.add_space_prefix", true);
    Json steps = Json::array();
    if (flag("tokenizer.ggml.remove_extra_whitespaces", false)) steps.push_back(single_blanks());
    if (prefix) steps.push_back({{"type", "Prepend"}, {"prepend", kBlank}});
    steps.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kBlank}});
    data_.normalizer = Json{{"type", "Sequence"}, {"normalizers", std::move(steps)}}.dump();
    data_.decoder = sentencepiece_decoder(prefix);
    put_around(flag("tokenizer.ggml.add_bos_token", true), flag("tokenizer.ggml.add_eos_token", false), false);
    return {};
  }

  static Json single_blanks() { return {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}}; }

  static std::string sentencepiece_decoder(bool prefix) {
    Json steps = {{{"type", "Replace"}, {"pattern", {{"String", kBlank}}}, {"content", " "}},
                  {{"type", "ByteFallback"}},
                  {{"type", "Fuse"}}};
    if (prefix) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return Json{{"type", "Sequence"}, {"decoders", std::move(steps)}}.dump();
  }

  Status make_unigram() {
    data_.kind = TokenizerKind::unigram;
    if (data_.scores.empty()) return malformed("tokenizer.ggml.scores is absent");
    const bool bytes = std::find(data_.types.begin(), data_.types.end(), uint8_t{6}) != data_.types.end();
    Json options = {{"byte_fallback", bytes}};
    OINF_TRY(add_unknown(options));
    data_.model_options = options.dump();
    Json normalizers = Json::array();
    if (const auto* map = list<std::vector<int64_t>>("tokenizer.ggml.precompiled_charsmap"); map && !map->empty()) {
      std::string raw;
      for (const int64_t byte : *map) raw.push_back(static_cast<char>(byte));
      normalizers.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", base64(raw)}});
    }
    if (!normalizers.empty())
      data_.normalizer = Json{{"type", "Sequence"}, {"normalizers", std::move(normalizers)}}.dump();
    const bool prefix = flag("tokenizer.ggml.add_space_prefix", true);
    Json steps = Json::array();
    if (flag("tokenizer.ggml.remove_extra_whitespaces", true)) steps.push_back({{"type", "WhitespaceSplit"}});
    steps.push_back({{"type", "Metaspace"}, {"replacement", kBlank}, {"prepend_scheme", prefix ? "always" : "never"}});
    data_.pre_tokenizer = Json{{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}.dump();
    data_.decoder = sentencepiece_decoder(prefix);
    put_around(flag("tokenizer.ggml.add_bos_token", false), flag("tokenizer.ggml.add_eos_token", true), false);
    return {};
  }

  // GGUF spells the vocabulary as SentencePiece would: a token that begins a word has a blank in front, one that
  // continues it has lost its ##.
  Status make_word_piece() {
    data_.kind = TokenizerKind::wordpiece;
    data_.scores.clear();
    bool upper = false;
    for (std::string& token : data_.vocabulary) {
      if (token.size() > 1 && token.front() == '[' && token.back() == ']') continue;
      if (token.starts_with(kBlank)) {
        token.erase(0, kBlank.size());
      } else if (!token.starts_with("##")) {
        token.insert(0, "##");
      }
      upper = upper || std::any_of(token.begin(), token.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    }
    // The file does not say whether texts are made lower case; a vocabulary without capitals does.
    data_.normalizer = Json{
        {"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase",
         !upper}}.dump();
    data_.pre_tokenizer = Json{{"type", "BertPreTokenizer"}}.dump();
    data_.decoder = Json{{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}.dump();
    Json options = {{"continuing_subword_prefix", "##"}};
    OINF_TRY(add_unknown(options));
    data_.model_options = options.dump();
    put_around(flag("tokenizer.ggml.add_bos_token", true), false, flag("tokenizer.ggml.add_sep_token", true));
    return {};
  }

  // What stands around one text; a token that the file does not name is left out.
  void put_around(bool first, bool last, bool separator) {
    Json single = Json::array(), specials = Json::object();
    const auto put = [&](const char* role, std::optional<uint32_t> id) {
      if (!id) return;
      single.push_back({{"SpecialToken", {{"id", role}, {"type_id", 0}}}});
      specials[role] = {{"id", role}, {"ids", {*id}}, {"tokens", {role}}};
    };
    const auto cls = token("cls");
    if (first) put("bos", data_.kind == TokenizerKind::wordpiece && cls ? cls : token("bos"));
    single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
    if (last) put("eos", token("eos"));
    // The key is misspelt in the format.
    if (separator) put("sep", token("seperator") ? token("seperator") : token("eos"));
    if (single.size() > 1)
      data_.post_processor =
          Json{{"type", "TemplateProcessing"}, {"single", std::move(single)}, {"special_tokens", std::move(specials)}}
              .dump();
  }

  // Control and user-defined tokens are found in the text before anything else cuts it.
  Status add_named_tokens() {
    // Phi-3's own tokenizer drops the blanks behind these; the file has no place to say so.
    const bool strips = file_.text("general.architecture").value_or("") == "phi3";
    for (size_t id = 0; id < data_.types.size(); ++id) {
      const uint8_t type = data_.types[id];
      const std::string& content = data_.vocabulary[id];
      if ((type != kControl && type != kUserDefined) || content.empty() || !is_utf8(content)) continue;
      AddedToken added;
      added.id = static_cast<uint32_t>(id);
      added.content = content;
      added.special = type == kControl;
      added.rstrip = strips && (content == "</s>" || (content.starts_with("<|") && content != "<|endoftext|>"));
      data_.added.push_back(std::move(added));
    }
    return {};
  }

  const GgufFile& file_;
  TokenizerData data_;
};

}  // namespace

Result<std::optional<TokenizerData>> gguf_tokenizer(const GgufFile& file) { return Importer(file).run(); }

}  // namespace openinfer::pack
