#include "runtime/chat/conversation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using Json = nlohmann::ordered_json;

// The text of a special token that the package names by its id; empty without one.
std::string special_token(const Model& model, std::string_view key) {
  const MetaValue* value = model.package() == nullptr ? nullptr : model.package()->find_metadata(key);
  if (value == nullptr) return {};
  const auto* one = std::get_if<int64_t>(value);
  const auto* list = std::get_if<std::vector<int64_t>>(value);
  const int64_t id = one != nullptr ? *one : list != nullptr && !list->empty() ? list->front() : -1;
  const auto& vocabulary = model.tokenizer()->data().vocabulary;
  return id >= 0 && id < static_cast<int64_t>(vocabulary.size()) ? std::string(vocabulary[static_cast<size_t>(id)])
                                                                 : std::string();
}

Json messages(const std::string& system, const std::vector<Message>& turns) {
  Json list = Json::array();
  if (!system.empty()) list.push_back({{"role", "system"}, {"content", system}});
  for (const Message& m : turns) list.push_back({{"role", m.role}, {"content", m.content}});
  return list;
}

}  // namespace

Result<Conversation> Conversation::with(const Model& model) {
  if (model.tokenizer() == nullptr) {
    if (model.tokenizer_error()) return *model.tokenizer_error();
    return Diagnostic(Code::I0009, model.package() == nullptr ? "a chat needs a package, and none was given"
                                                              : "a chat needs a tokenizer, and the package has none");
  }
  const std::string& source = model.tokenizer()->data().chat_template;
  if (source.empty())
    return Diagnostic(Code::P0026, model.package()->path() + ": no chat template, so it cannot say who speaks")
        .with_help("--prompt completes a text");
  OINF_ASSIGN(ChatTemplate chat, ChatTemplate::parse(source));
  return Conversation(model, std::move(chat));
}

Result<std::vector<int32_t>> Conversation::ids(std::optional<std::time_t> now) const {
  Json context = {{"messages", messages(system_, turns_)}, {"add_generation_prompt", true}};
  for (const char* token : {"bos_token", "eos_token"})
    if (std::string text = special_token(*model_, std::string(token) + "_id"); !text.empty())
      context[token] = std::move(text);
  OINF_ASSIGN(const std::string text, template_.render(context.dump(), now));
  return model_->tokenizer()->encode(text, {.add_special = false, .names = true});
}

bool Conversation::forget_first() {
  const auto next = std::find_if(turns_.empty() ? turns_.end() : turns_.begin() + 1, turns_.end(),
                                 [](const Message& m) { return m.role == "user"; });
  if (next == turns_.end()) return false;
  turns_.erase(turns_.begin(), next);
  return true;
}

std::string Conversation::json() const { return Json{{"messages", messages(system_, turns_)}}.dump(2) + "\n"; }

Status Conversation::read_json(std::string_view text) {
  using text_json::member;
  OINF_ASSIGN(const text_json::Json file, text_json::parse(text, Code::I0006, "the conversation"));
  const auto* list = member(file, "messages");
  if (list == nullptr || !list->is_array()) return Diagnostic(Code::I0006, "the conversation has no list `messages`");
  std::string system;
  std::vector<Message> turns;
  for (size_t i = 0; i < list->size(); ++i) {
    const auto *role = member((*list)[i], "role"), *content = member((*list)[i], "content");
    const std::string which = "message " + std::to_string(i + 1);
    if (role == nullptr || !role->is_string() || content == nullptr || !content->is_string())
      return Diagnostic(Code::I0006, which + " has no texts `role` and `content`");
    const auto& name = role->get_ref<const std::string&>();
    if (name == "system" && i == 0) {
      system = content->get<std::string>();
    } else if (name == "user" || name == "assistant") {
      turns.push_back({name, content->get<std::string>()});
    } else {
      return Diagnostic(Code::I0006, which + " is of `" + name + "`: user and assistant speak, system once and first");
    }
  }
  system_ = std::move(system);
  turns_ = std::move(turns);
  return {};
}

}  // namespace openinfer
