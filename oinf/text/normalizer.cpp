#include "oinf/text/normalizer.h"

#include <memory>
#include <utility>

#include "oinf/text/base64.h"
#include "oinf/text/json_access.h"
#include "oinf/text/pattern.h"
#include "oinf/text/precompiled_map.h"
#include "oinf/text/unicode.h"

namespace openinfer {
namespace {

using text_json::Json;
using Steps = std::vector<Normalizer::Step>;

void strip(std::string& text, bool left, bool right) {
  size_t begin = text.size(), end = 0;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (is_white_space(code)) return;
    if (begin == text.size()) begin = at;
    end = at + length;
  });
  if (end == 0) begin = 0;  // nothing but white space
  if (right) text.resize(end);
  if (left) text.erase(0, end == 0 ? text.size() : begin);
}

std::string without_accents(std::string_view text) {
  std::string kept;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (!is_nonspacing_mark(code)) kept.append(text.substr(at, length));
  });
  return kept;
}

// Drops what cannot be seen, and makes every white space one blank.
std::string cleaned(std::string_view text) {
  std::string kept;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    const bool blank = is_white_space(code);
    if (blank && (code == '\t' || code == '\n' || code == '\r' || !is_control(code))) {
      kept.push_back(' ');
    } else if (code != 0 && code != 0xFFFD && !is_control(code)) {
      kept.append(text.substr(at, length));
    }
  });
  return kept;
}

std::string with_blanks_around_han(std::string_view text) {
  std::string spaced;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    const bool han = is_han(code);
    if (han) spaced.push_back(' ');
    spaced.append(text.substr(at, length));
    if (han) spaced.push_back(' ');
  });
  return spaced;
}

Status add_bert(const Json& json, Steps& steps) {
  OINF_ASSIGN(const bool clean, text_json::bool_or(json, "clean_text", true));
  OINF_ASSIGN(const bool han, text_json::bool_or(json, "handle_chinese_chars", true));
  OINF_ASSIGN(const bool lower, text_json::bool_or(json, "lowercase", true));
  OINF_ASSIGN(const bool accents, text_json::bool_or(json, "strip_accents", lower));
  steps.emplace_back([=](std::string& text) -> Status {
    if (clean) text = cleaned(text);
    if (han) text = with_blanks_around_han(text);
    if (accents) text = without_accents(normal_form(text, NormalForm::nfd));
    if (lower) text = lower_case(text);
    return {};
  });
  return {};
}

Status add_replace(const Json& json, Steps& steps) {
  OINF_ASSIGN(const std::string content, text_json::string_or(json, "content", ""));
  OINF_ASSIGN(Pattern made, Pattern::create(json));
  auto pattern = std::make_shared<const Pattern>(std::move(made));
  steps.emplace_back([pattern, content](std::string& text) -> Status {
    OINF_ASSIGN(const std::vector<TextRange> found, pattern->find_all(text));
    std::string replaced;
    size_t done = 0;
    for (const TextRange& range : found) {
      replaced.append(text, done, range.begin - done).append(content);
      done = range.end;
    }
    replaced.append(text, done);
    text = std::move(replaced);
    return {};
  });
  return {};
}

Status add_precompiled(const Json& json, Steps& steps) {
  OINF_ASSIGN(const std::string text, text_json::string_or(json, "precompiled_charsmap", ""));
  const auto bytes = from_base64(text);
  if (!bytes) return Diagnostic(Code::P0025, "`precompiled_charsmap` is not base64");
  OINF_ASSIGN(PrecompiledMap made, PrecompiledMap::create(*bytes));
  auto map = std::make_shared<const PrecompiledMap>(std::move(made));
  steps.emplace_back([map](std::string& rewritten) -> Status { return rewritten = map->apply(rewritten), Status(); });
  return {};
}

// The cleaning of sentencepiece's rule nmt: control characters go, every kind of blank becomes one.
std::string nmt(std::string_view text) {
  std::string kept;
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    const bool dropped = (code >= 0x1 && code <= 0x8) || code == 0xB || (code >= 0xE && code <= 0x1F) || code == 0x7F ||
                         code == 0x8F || code == 0x9F;
    const bool blank = code == 0x9 || code == 0xA || code == 0xC || code == 0xD || code == 0x1680 ||
                       (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 ||
                       code == 0xFEFF || code == 0xFFFD;
    if (dropped) return;
    if (blank) {
      kept.push_back(' ');
    } else {
      kept.append(text.substr(at, length));
    }
  });
  return kept;
}

// Depth is bounded by the parser of the JSON.
Status add_steps(const Json& json, Steps& steps) {
  OINF_ASSIGN(const std::string type, text_json::component_type(json, "a normalizer"));
  const auto form = [&](NormalForm to) {
    steps.emplace_back([to](std::string& text) -> Status {
      text = normal_form(text, to);
      return {};
    });
    return Status();
  };
  if (type == "Sequence") {
    const Json* list = text_json::member(json, "normalizers");
    if (!list || !list->is_array()) return Diagnostic(Code::P0025, "`normalizers` must be a list");
    for (const Json& part : *list) OINF_TRY(add_steps(part, steps));
    return {};
  }
  if (type == "NFC") return form(NormalForm::nfc);
  if (type == "NFD") return form(NormalForm::nfd);
  if (type == "NFKC") return form(NormalForm::nfkc);
  if (type == "NFKD") return form(NormalForm::nfkd);
  if (type == "BertNormalizer") return add_bert(json, steps);
  if (type == "Replace") return add_replace(json, steps);
  if (type == "Precompiled") return add_precompiled(json, steps);
  if (type == "Nmt") {
    steps.emplace_back([](std::string& text) -> Status { return text = nmt(text), Status(); });
    return {};
  }
  if (type == "Lowercase") {
    steps.emplace_back([](std::string& text) -> Status { return text = lower_case(text), Status(); });
    return {};
  }
  if (type == "StripAccents") {
    steps.emplace_back([](std::string& text) -> Status { return text = without_accents(text), Status(); });
    return {};
  }
  if (type == "Strip") {
    OINF_ASSIGN(const bool left, text_json::bool_or(json, "strip_left", true));
    OINF_ASSIGN(const bool right, text_json::bool_or(json, "strip_right", true));
    steps.emplace_back([=](std::string& text) -> Status { return strip(text, left, right), Status(); });
    return {};
  }
  if (type == "Prepend") {
    OINF_ASSIGN(std::string prefix, text_json::string_or(json, "prepend", ""));
    steps.emplace_back([prefix = std::move(prefix)](std::string& text) -> Status {
      if (!text.empty()) text.insert(0, prefix);
      return {};
    });
    return {};
  }
  return Diagnostic(Code::P0024, "normalizer `" + type + "`");
}

}  // namespace

Result<Normalizer> Normalizer::create(std::string_view json) {
  Normalizer normalizer;
  if (json.empty()) return normalizer;
  OINF_ASSIGN(const Json parsed, text_json::parse(json, Code::P0025, "the normalizer"));
  OINF_TRY(add_steps(parsed, normalizer.steps_));
  return normalizer;
}

Result<std::string> Normalizer::apply(std::string_view text) const {
  std::string rewritten(text);
  for (const Step& step : steps_) OINF_TRY(step(rewritten));
  return rewritten;
}

}  // namespace openinfer
