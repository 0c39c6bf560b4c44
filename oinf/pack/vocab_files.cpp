#include "oinf/pack/vocab_files.h"

#include <nlohmann/json.hpp>
#include <set>

namespace openinfer::pack {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void special_texts(const json& value, std::set<std::string>& texts) {
  if (value.is_string()) texts.insert(value.get<std::string>());
  if (value.is_object()) texts.insert(text_of(value, "content"));
  if (value.is_array())
    for (const json& one : value) special_texts(one, texts);
}

json added_list(const std::optional<json>& added_tokens, const std::optional<json>& special_tokens,
                const std::optional<json>& tokenizer_config) {
  json list = json::array();
  if (tokenizer_config && tokenizer_config->is_object()) {
    const auto decoder = tokenizer_config->find("added_tokens_decoder");
    if (decoder != tokenizer_config->end() && decoder->is_object()) {
      for (const auto& [id, token] : decoder->items()) {
        if (!token.is_object() || id.empty() || id.size() > 9 ||
            id.find_first_not_of("0123456789") != std::string::npos)
          continue;
        json added = token;
        added["id"] = std::stoul(id);
        list.push_back(std::move(added));
      }
      return list;
    }
  }
  if (!added_tokens || !added_tokens->is_object()) return list;
  std::set<std::string> special;
  if (special_tokens && special_tokens->is_object())
    for (const auto& [role, value] : special_tokens->items()) special_texts(value, special);
  for (const auto& [content, id] : added_tokens->items())
    list.push_back({{"id", id}, {"content", content}, {"special", special.contains(content)}});
  return list;
}

// Lines of two tokens; the first may say which version it is.
json merge_list(std::string_view text) {
  json list = json::array();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (list.empty() && line.starts_with("#version"))) continue;
    list.push_back(std::string(line));
  }
  return list;
}

}  // namespace

bool is_byte_level(const json& config, const std::optional<json>& tokenizer_config) {
  std::string rules = tokenizer_config ? text_of(*tokenizer_config, "tokenizer_class") : std::string();
  if (rules.empty()) rules = text_of(config, "model_type");
  if (rules.ends_with("Fast")) rules.resize(rules.size() - 4);
  return rules == "GPT2Tokenizer" || rules == "WhisperTokenizer" || rules == "gpt2" || rules == "whisper";
}

Result<std::string> tokenizer_json_of(const json& vocab, std::string_view merges,
                                      const std::optional<json>& added_tokens,
                                      const std::optional<json>& special_tokens,
                                      const std::optional<json>& tokenizer_config) {
  if (!vocab.is_object()) return Diagnostic(Code::P0025, "vocab.json must be an object");
  json whole = json::object();
  whole["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  whole["decoder"] = {{"type", "ByteLevel"}};
  const auto model = vocab.find("model");
  const bool wrapped = model != vocab.end() && model->is_object();
  whole["model"] = {{"type", "BPE"}, {"vocab", wrapped ? model->value("vocab", json::object()) : vocab}};
  whole["model"]["merges"] = merge_list(merges);
  whole["added_tokens"] = added_list(added_tokens, special_tokens, tokenizer_config);
  if (wrapped) {
    const std::string type = text_of(*model, "type");
    if (type != "BPE" && type != "WordLevel")
      return Diagnostic(Code::P0024, "vocab.json with a model `" + type + "`; BPE and WordLevel are supported");
    if (vocab.contains("added_tokens")) whole["added_tokens"] = vocab["added_tokens"];
    if (model->contains("merges")) whole["model"]["merges"] = (*model)["merges"];
    // A whole word is looked up before it is split, which is all that WordLevel does.
    if (type == "WordLevel") whole["model"]["ignore_merges"] = true;
  }
  return whole.dump();
}

}  // namespace openinfer::pack
