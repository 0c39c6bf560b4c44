#include "oinf/text/pre_tokenizer.h"

#include <memory>
#include <utility>

#include "oinf/text/json_access.h"
#include "oinf/text/pattern.h"
#include "oinf/text/split.h"
#include "oinf/text/unicode.h"

namespace openinfer {
namespace {

using text_json::Json;
using Steps = std::vector<PreTokenizer::Step>;
using Finder = std::function<Result<std::vector<TextRange>>(std::string_view)>;

// The regular expression of GPT-2.
constexpr std::string_view kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void add_split(Steps& steps, Finder find, bool invert, SplitBehavior behavior) {
  steps.emplace_back([find = std::move(find), invert, behavior](TextPieces& pieces) -> Status {
    std::vector<std::string_view> cut;
    for (const std::string_view piece : pieces.views) {
      OINF_ASSIGN(const std::vector<TextRange> found, find(piece));
      split_text(piece, found, invert, behavior, cut);
    }
    pieces.views = std::move(cut);
    return {};
  });
}

Finder characters(bool (*wanted)(uint32_t)) {
  return [wanted](std::string_view text) -> Result<std::vector<TextRange>> {
    std::vector<TextRange> found;
    for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
      if (wanted(code)) found.push_back({at, at + length});
    });
    return found;
  };
}

Status add_regex(Steps& steps, std::string_view pattern, bool invert, SplitBehavior behavior) {
  OINF_ASSIGN(Regex compiled, Regex::compile(pattern));
  auto regex = std::make_shared<const Regex>(std::move(compiled));
  add_split(steps, [regex](std::string_view text) { return regex->find_all(text); }, invert, behavior);
  return {};
}

Status add_pattern(Steps& steps, const Json& json) {
  OINF_ASSIGN(const std::string name, text_json::string_or(json, "behavior", ""));
  OINF_ASSIGN(const SplitBehavior behavior, split_behavior_named(name));
  OINF_ASSIGN(const bool invert, text_json::bool_or(json, "invert", false));
  OINF_ASSIGN(Pattern made, Pattern::create(json));
  auto pattern = std::make_shared<const Pattern>(std::move(made));
  add_split(steps, [pattern](std::string_view text) { return pattern->find_all(text); }, invert, behavior);
  return {};
}

Status add_byte_level(Steps& steps, const Json& json) {
  OINF_ASSIGN(const bool prefix, text_json::bool_or(json, "add_prefix_space", true));
  OINF_ASSIGN(const bool use_regex, text_json::bool_or(json, "use_regex", true));
  if (prefix)
    steps.emplace_back([](TextPieces& pieces) -> Status {
      for (std::string_view& piece : pieces.views)
        if (piece.front() != ' ') piece = pieces.own.emplace_back(" " + std::string(piece));
      return {};
    });
  return use_regex ? add_regex(steps, kByteLevelPattern, false, SplitBehavior::isolated) : Status();
}

Status add_metaspace(Steps& steps, const Json& json) {
  OINF_ASSIGN(const std::string mark, text_json::string_or(json, "replacement", "▁"));
  OINF_ASSIGN(const bool prefix, text_json::bool_or(json, "add_prefix_space", true));  // of older files
  OINF_ASSIGN(const std::string scheme, text_json::string_or(json, "prepend_scheme", prefix ? "always" : "never"));
  OINF_ASSIGN(const bool split, text_json::bool_or(json, "split", true));
  if (mark.empty()) return Diagnostic(Code::P0025, "the `replacement` of Metaspace is empty");
  if (scheme != "always" && scheme != "first" && scheme != "never")
    return Diagnostic(Code::P0025, "unknown prepend_scheme `" + scheme + "`");
  steps.emplace_back([=](TextPieces& pieces) -> Status {
    std::vector<std::string_view> cut;
    for (size_t i = 0; i < pieces.views.size(); ++i) {
      std::string& text = pieces.own.emplace_back();
      for (const char c : pieces.views[i])
        if (c == ' ') {
          text += mark;
        } else {
          text.push_back(c);
        }
      const bool wanted = scheme == "always" || (scheme == "first" && i == 0 && pieces.at_start);
      if (wanted && !text.starts_with(mark)) text.insert(0, mark);
      std::vector<TextRange> marks;
      if (split)
        for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + mark.size()))
          marks.push_back({at, at + mark.size()});
      split_text(text, marks, false, SplitBehavior::merged_with_next, cut);
    }
    pieces.views = std::move(cut);
    return {};
  });
  return {};
}

// Depth is bounded by the parser of the JSON.
Status add_steps(const Json& json, Steps& steps) {
  OINF_ASSIGN(const std::string type, text_json::component_type(json, "a pre-tokenizer"));
  if (type == "Sequence") {
    const Json* list = text_json::member(json, "pretokenizers");
    if (!list || !list->is_array()) return Diagnostic(Code::P0025, "`pretokenizers` must be a list");
    for (const Json& part : *list) OINF_TRY(add_steps(part, steps));
    return {};
  }
  if (type == "ByteLevel") return add_byte_level(steps, json);
  if (type == "Split") return add_pattern(steps, json);
  if (type == "Metaspace") return add_metaspace(steps, json);
  if (type == "Digits") {
    OINF_ASSIGN(const bool single, text_json::bool_or(json, "individual_digits", false));
    add_split(steps, characters(is_numeric), false, single ? SplitBehavior::isolated : SplitBehavior::contiguous);
    return {};
  }
  if (type == "Punctuation") {
    OINF_ASSIGN(const std::string name, text_json::string_or(json, "behavior", "Isolated"));
    OINF_ASSIGN(const SplitBehavior behavior, split_behavior_named(name));
    add_split(steps, characters(is_punctuation), false, behavior);
    return {};
  }
  if (type == "BertPreTokenizer") {
    add_split(steps, characters(is_white_space), false, SplitBehavior::removed);
    add_split(steps, characters(is_punctuation), false, SplitBehavior::isolated);
    return {};
  }
  if (type == "Whitespace") return add_regex(steps, R"(\w+|[^\w\s]+)", true, SplitBehavior::removed);
  if (type == "WhitespaceSplit") {
    add_split(steps, characters(is_white_space), false, SplitBehavior::removed);
    return {};
  }
  if (type == "CharDelimiterSplit") {
    OINF_ASSIGN(const std::string delimiter, text_json::string_or(json, "delimiter", ""));
    OINF_ASSIGN(Pattern made, Pattern::create(Json{{"pattern", delimiter}}));
    auto pattern = std::make_shared<const Pattern>(std::move(made));
    add_split(
        steps, [pattern](std::string_view text) { return pattern->find_all(text); }, false, SplitBehavior::removed);
    return {};
  }
  return Diagnostic(Code::P0024, "pre-tokenizer `" + type + "`");
}

}  // namespace

Result<PreTokenizer> PreTokenizer::create(std::string_view json) {
  PreTokenizer made;
  if (json.empty()) return made;
  OINF_ASSIGN(const Json parsed, text_json::parse(json, Code::P0025, "the pre-tokenizer"));
  OINF_TRY(add_steps(parsed, made.steps_));
  return made;
}

Result<TextPieces> PreTokenizer::apply(std::string_view text, bool at_start) const {
  TextPieces pieces;
  pieces.at_start = at_start;
  if (!text.empty()) pieces.views.push_back(text);
  for (const Step& step : steps_) OINF_TRY(step(pieces));
  return pieces;
}

}  // namespace openinfer
