#include "oinf/pack/special_tokens.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace openinfer::pack {
namespace {

using nlohmann::json;

// A token's text: a string, or an object with its content.
std::optional<std::string> token_text(const std::optional<json>& file, const std::string& key) {
  if (!file || !file->is_object()) return std::nullopt;
  const auto found = file->find(key);
  if (found == file->end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object()) return std::nullopt;
  const auto content = found->find("content");
  if (content == found->end() || !content->is_string()) return std::nullopt;
  return content->get<std::string>();
}

std::optional<int64_t> id_of(const TokenizerData& tokenizer, const std::string& text) {
  for (const AddedToken& token : tokenizer.added)
    if (token.content == text) return token.id;
  const auto found = std::find(tokenizer.vocabulary.begin(), tokenizer.vocabulary.end(), text);
  if (found == tokenizer.vocabulary.end()) return std::nullopt;
  return found - tokenizer.vocabulary.begin();
}

template <class Value>
const Value* find(const std::vector<std::pair<std::string, Value>>& entries, const std::string& name) {
  for (const auto& [key, value] : entries)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

std::vector<int64_t> stop_tokens(const json& config, const std::optional<json>& generation) {
  const auto ids = [](const json& file) {
    std::vector<int64_t> list;
    const auto found = file.is_object() ? file.find("eos_token_id") : file.end();
    if (!file.is_object() || found == file.end()) return list;
    if (found->is_number_integer()) list.push_back(found->get<int64_t>());
    if (found->is_array())
      for (const json& id : *found)
        if (id.is_number_integer()) list.push_back(id.get<int64_t>());
    return list;
  };
  std::vector<int64_t> list;
  if (generation) list = ids(*generation);
  return list.empty() ? ids(config) : list;
}

void add_special_ids(const std::optional<json>& special_tokens, const std::optional<json>& tokenizer_config,
                     PackageDescription& d) {
  for (const char* role : {"bos", "eos", "cls", "sep", "mask", "pad", "unk"}) {
    const std::string token = std::string(role) + "_token";
    const std::string name = token + "_id";
    if (find(d.sizes, name) != nullptr) continue;
    std::optional<int64_t> id;
    const MetaValue* known = find(d.metadata, name);
    if (known != nullptr) {
      if (const auto* list = std::get_if<std::vector<int64_t>>(known); list != nullptr && !list->empty())
        id = list->front();
    } else if (d.tokenizer) {
      auto text = token_text(special_tokens, token);
      if (!text) text = token_text(tokenizer_config, token);
      if (text) id = id_of(*d.tokenizer, *text);
      if (id) d.metadata.emplace_back(name, *id);
    }
    if (id) d.sizes.emplace_back(name, *id);
  }
}

void add_begin_and_end(const std::optional<json>& special_tokens, const std::optional<json>& tokenizer_config,
                       TokenizerData& tokenizer) {
  if (!tokenizer_config || !tokenizer_config->is_object()) return;
  const json own = tokenizer.post_processor.empty() ? json() : json::parse(tokenizer.post_processor, nullptr, false);
  if (own.is_object() && own.value("type", "") != "ByteLevel") return;  // ByteLevel trims offsets and adds nothing
  json single = json::array({{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}), tokens = json::object();
  for (const char* role : {"bos", "eos"}) {
    const auto wanted = tokenizer_config->find(std::string("add_") + role + "_token");
    if (wanted == tokenizer_config->end() || *wanted != true) continue;
    auto text = token_text(tokenizer_config, std::string(role) + "_token");
    if (!text) text = token_text(special_tokens, std::string(role) + "_token");
    const auto id = text ? id_of(tokenizer, *text) : std::nullopt;
    if (!id) continue;
    const json token = {{"SpecialToken", {{"id", *text}, {"type_id", 0}}}};
    single.insert(std::string(role) == "bos" ? single.begin() : single.end(), token);
    tokens[*text] = {{"id", *text}, {"ids", {*id}}, {"tokens", {*text}}};
  }
  if (tokens.empty()) return;
  tokenizer.post_processor =
      json{{"type", "TemplateProcessing"}, {"single", single}, {"pair", single}, {"special_tokens", tokens}}.dump();
}

std::string chat_template(const std::optional<json>& tokenizer_config) {
  if (!tokenizer_config || !tokenizer_config->is_object()) return {};
  const auto found = tokenizer_config->find("chat_template");
  if (found == tokenizer_config->end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) return {};
  for (const json& entry : *found) {
    if (!entry.is_object() || !entry.contains("name") || entry["name"] != "default") continue;
    const auto text = entry.find("template");
    if (text != entry.end() && text->is_string()) return text->get<std::string>();
  }
  return {};
}

}  // namespace openinfer::pack
