// One answer of a chat: the conversation so far goes through the graph, and what it emits as text is shown as it comes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oinf/text/tokenizer.h"
#include "runtime/adapters/stop_strings.h"
#include "runtime/adapters/text_tensor.h"
#include "runtime/chat/conversation.h"
#include "runtime/openinfer.h"
#include "runtime/tools/token_times.h"

namespace openinfer {

class ChatAnswer {
 public:
  // session outlives this; input: the graph's @text input. shift: when the context is full, the oldest messages are
  // forgotten and the graph reads the rest anew. stops: texts that end an answer (StopStrings).
  ChatAnswer(Session& session, std::string input, bool shift, const std::vector<std::string>& stops);

  // Shows the answer to the conversation's last message, and adds it. C0001 with what was said until then; I0002 when
  // the conversation does not fit into the context.
  Status to(Conversation& conversation, std::string& text);

  [[nodiscard]] std::optional<int64_t> context() const { return context_; }
  // Of the last answer.
  [[nodiscard]] int64_t prompt_tokens() const { return prompt_tokens_; }
  [[nodiscard]] int64_t tokens() const { return static_cast<int64_t>(ids_.size()); }
  [[nodiscard]] const TokenTimes& times() const { return times_; }

 private:
  Status make_room(Conversation& conversation, int64_t most);
  Result<int64_t> count(const Conversation& conversation) const;
  Status read(const Conversation& conversation);
  Status step(std::string& text);
  [[nodiscard]] bool context_is_full() const;
  [[nodiscard]] std::optional<int64_t> limit();
  void say_why_it_ended(std::optional<int64_t> limit) const;

  Session& session_;
  std::string input_;
  bool shift_;
  std::optional<int64_t> context_;    // tokens that the caches hold, where the graph calls it ctx
  std::vector<int64_t> stop_tokens_;  // of the package
  TextStreams streams_;
  StopStrings stops_;
  std::vector<int64_t> ids_;  // of the answer
  TokenTimes times_;
  int64_t prompt_tokens_ = 0;
};

}  // namespace openinfer
