// A conversation as a chat model reads it: messages through the package's chat template to token ids.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oinf/text/chat_template.h"
#include "runtime/model.h"

namespace openinfer {

struct Message {
  std::string role;  // "user", "assistant"
  std::string content;
};

class Conversation {
 public:
  // model outlives the conversation. Errors: I0009 without a tokenizer, P0026 without a chat template, P0030.
  static Result<Conversation> with(const Model& model);

  // What the model is told before everything; empty: nothing.
  void set_system(std::string text) { system_ = std::move(text); }
  void add(std::string role, std::string content) { turns_.push_back({std::move(role), std::move(content)}); }
  // The last message, which the model could not answer, is as if it had not been said.
  void forget_last() { turns_.pop_back(); }
  // The oldest message with the answers to it, unless it is the last one: then false, and nothing changes.
  bool forget_first();
  void clear() { turns_.clear(); }
  [[nodiscard]] const std::string& system() const { return system_; }
  [[nodiscard]] const std::vector<Message>& turns() const { return turns_; }

  // The ids of everything said, up to where the assistant's answer begins. A special token's name is that token, in
  // what people typed too, since a template makes one text. Errors: I0010 (the template refuses the conversation),
  // those of Tokenizer::encode. now: for templates that show the date.
  [[nodiscard]] Result<std::vector<int32_t>> ids(std::optional<std::time_t> now = {}) const;

  // {"messages": [{"role": …, "content": …}, …]}
  [[nodiscard]] std::string json() const;
  // Takes the place of everything, the system's message too. I0006 with what is wrong; nothing changes then.
  Status read_json(std::string_view text);

 private:
  Conversation(const Model& model, ChatTemplate chat) : model_(&model), template_(std::move(chat)) {}

  const Model* model_;
  ChatTemplate template_;
  std::string system_;
  std::vector<Message> turns_;
};

}  // namespace openinfer
