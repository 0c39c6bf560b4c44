// Chat templates: the text that a conversation becomes, as a model was trained to read it. A sandboxed interpreter of
// Jinja as the transformers library uses it (docs/sources.md lists what it has): bounded in time, memory and depth.
#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer {

class ChatTemplate {
 public:
  // source: the template. Errors: P0030 with the line.
  static Result<ChatTemplate> parse(std::string_view source);

  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  // context: a JSON object: `messages`, `tools`, `add_generation_prompt`, `bos_token` … now: the date that strftime_now
  // shows, in local time; without one the present. Errors: I0006 for a context that is no JSON object, I0010 with the
  // template's own words when it refuses the conversation, or with the reason why it failed.
  [[nodiscard]] Result<std::string> render(std::string_view context, std::optional<std::time_t> now = {}) const;

 private:
  struct Parsed;
  explicit ChatTemplate(std::unique_ptr<const Parsed> parsed);
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace openinfer
