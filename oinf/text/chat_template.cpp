#include "oinf/text/chat_template.h"

#include "oinf/text/jinja/interpreter.h"

namespace openinfer {

struct ChatTemplate::Parsed {
  jinja::Body body;
};

ChatTemplate::ChatTemplate(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  auto parsed = std::make_unique<Parsed>();
  OINF_ASSIGN(parsed->body, jinja::parse(source));
  return ChatTemplate(std::move(parsed));
}

Result<std::string> ChatTemplate::render(std::string_view context, std::optional<std::time_t> now) const {
  OINF_ASSIGN(const jinja::Value value, jinja::from_json(context));
  if (value.dict() == nullptr) return Diagnostic(Code::I0006, "the context of a chat template is a JSON object");
  return jinja::render(parsed_->body, value, now.value_or(std::time(nullptr)), {});
}

}  // namespace openinfer
