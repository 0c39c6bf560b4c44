#include "oinf/pack/tokenizer_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "oinf/text/sentencepiece_model.h"

namespace openinfer::pack {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMostUnusedIds = 65536;

Status add_token(TokenizerData& data, uint64_t id, const std::string& content, const Json& flags) {
  if (content.empty()) return Diagnostic(Code::P0025, "an added token has no content");
  if (id >= data.vocabulary.size() + kMostUnusedIds)
    return Diagnostic(Code::P0025, fmt::format("the id {} of an added token is past the vocabulary", id));
  if (data.vocabulary.size() <= id) {
    data.vocabulary.resize(id + 1);
    data.scores.resize(id + 1, 0.0F);
    data.types.resize(id + 1, 5);  // unused
  }
  std::string& held = data.vocabulary[id];
  if (!held.empty() && held != content)
    return Diagnostic(Code::P0025, fmt::format("the added token `{}` has the id of `{}`", content, held));
  held = content;
  const auto flag = [&](const char* name) {
    const auto found = flags.is_object() ? flags.find(name) : flags.end();
    return flags.is_object() && found != flags.end() && found->is_boolean() && found->get<bool>();
  };
  AddedToken token;
  token.id = static_cast<uint32_t>(id);
  token.content = content;
  token.special = flag("special");
  token.single_word = flag("single_word");
  token.lstrip = flag("lstrip");
  token.rstrip = flag("rstrip");
  std::erase_if(data.added, [&](const AddedToken& other) { return other.id == token.id; });
  data.added.push_back(std::move(token));
  return {};
}

// The id that one of the roles of tokenizer_config.json names.
std::optional<uint32_t> role_id(const TokenizerData& data, const Json& config, const char* role) {
  auto found = config.find(role);
  if (found == config.end()) return std::nullopt;
  const Json* text = &*found;
  if (text->is_object() && text->contains("content")) text = &(*text)["content"];
  if (!text->is_string()) return std::nullopt;
  const auto token = std::find(data.vocabulary.begin(), data.vocabulary.end(), text->get_ref<const std::string&>());
  if (token == data.vocabulary.end()) return std::nullopt;
  return static_cast<uint32_t>(token - data.vocabulary.begin());
}

bool bool_of(const Json& config, const char* key, bool fallback) {
  const auto found = config.find(key);
  return found != config.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

}  // namespace

Result<TokenizerData> sentencepiece_tokenizer(std::string_view model, const std::optional<Json>& config,
                                              const std::optional<Json>& added) {
  OINF_ASSIGN(TokenizerData data, import_sentencepiece_model(model));
  if (added && added->is_object())
    for (const auto& [content, id] : added->items())
      if (id.is_number_unsigned()) OINF_TRY(add_token(data, id.get<uint64_t>(), content, Json()));
  if (!config || !config->is_object()) return data;
  if (const auto list = config->find("added_tokens_decoder"); list != config->end() && list->is_object())
    for (const auto& [key, entry] : list->items()) {
      const auto content = entry.is_object() ? entry.find("content") : entry.end();
      const bool number = !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
      if (!number || !entry.is_object() || content == entry.end() || !content->is_string()) continue;
      OINF_TRY(add_token(data, std::stoull(key), content->get<std::string>(), entry));
    }
  // Without a word about it, the Llama classes begin a text and the T5 classes end it.
  const auto named = config->find("tokenizer_class");
  const std::string name = named != config->end() && named->is_string() ? named->get<std::string>() : "";
  const bool first = bool_of(*config, "add_bos_token", name.starts_with("Llama"));
  const bool last = bool_of(*config, "add_eos_token", name.starts_with("T5"));
  Json single = Json::array(), specials = Json::object();
  const auto put = [&](const char* role) {
    const auto id = role_id(data, *config, role);
    if (!id) return;
    single.push_back({{"SpecialToken", {{"id", role}, {"type_id", 0}}}});
    specials[role] = {{"id", role}, {"ids", {*id}}, {"tokens", {role}}};
  };
  if (first) put("bos_token");
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (last) put("eos_token");
  if (single.size() > 1)
    data.post_processor =
        Json{{"type", "TemplateProcessing"}, {"single", std::move(single)}, {"special_tokens", std::move(specials)}}
            .dump();
  return data;
}

}  // namespace openinfer::pack
