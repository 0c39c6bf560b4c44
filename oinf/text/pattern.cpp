#include "oinf/text/pattern.h"

#include <utility>

namespace openinfer {

Result<Pattern> Pattern::create(const text_json::Json& component) {
  Pattern made;
  const text_json::Json* pattern = text_json::member(component, "pattern");
  if (!pattern) return Diagnostic(Code::P0025, "a pattern is missing");
  if (const text_json::Json* regex = text_json::member(*pattern, "Regex"); regex && regex->is_string()) {
    OINF_ASSIGN(Regex compiled, Regex::compile(regex->get_ref<const std::string&>()));
    made.regex_.emplace(std::move(compiled));
    return made;
  }
  const text_json::Json* literal = pattern->is_string() ? pattern : text_json::member(*pattern, "String");
  if (!literal || !literal->is_string()) return Diagnostic(Code::P0025, "a pattern must be a String or a Regex");
  made.literal_ = literal->get_ref<const std::string&>();
  if (made.literal_.empty()) return Diagnostic(Code::P0025, "a pattern is empty");
  return made;
}

Result<std::vector<TextRange>> Pattern::find_all(std::string_view text) const {
  if (regex_) return regex_->find_all(text);
  std::vector<TextRange> found;
  for (size_t at = text.find(literal_); at != std::string_view::npos; at = text.find(literal_, at + literal_.size()))
    found.push_back({at, at + literal_.size()});
  return found;
}

}  // namespace openinfer
