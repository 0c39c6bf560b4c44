#include "oinf/text/json_access.h"

#include <algorithm>

namespace openinfer::text_json {
namespace {

// The deepest nesting of brackets outside of strings; right for JSON, and harmless for text that is none.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

Diagnostic wrong_kind(const char* key, std::string_view wanted, const Json& found) {
  return {Code::P0025, "`" + std::string(key) + "` must be " + std::string(wanted) + ", not " + found.type_name()};
}

}  // namespace

Result<Json> parse(std::string_view text, Code code, std::string_view what) {
  if (depth_of(text) > kMaxDepth)
    return Diagnostic(code, std::string(what) + " nests deeper than " + std::to_string(kMaxDepth) + " levels");
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Diagnostic(code, std::string(what) + " is not valid JSON");
  return json;
}

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

Result<bool> bool_or(const Json& object, const char* key, bool fallback) {
  const Json* value = member(object, key);
  if (!value) return fallback;
  if (!value->is_boolean()) return wrong_kind(key, "true or false", *value);
  return value->get<bool>();
}

Result<std::string> string_or(const Json& object, const char* key, std::string_view fallback) {
  const Json* value = member(object, key);
  if (!value) return std::string(fallback);
  if (!value->is_string()) return wrong_kind(key, "a string", *value);
  return value->get_ref<const std::string&>();
}

Result<int64_t> integer_or(const Json& object, const char* key, int64_t fallback) {
  const Json* value = member(object, key);
  if (!value) return fallback;
  if (!value->is_number_integer() || (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{INT64_MAX}))
    return wrong_kind(key, "an integer", *value);
  return value->get<int64_t>();
}

Result<std::string> component_type(const Json& component, std::string_view what) {
  if (!component.is_object()) return Diagnostic(Code::P0025, std::string(what) + " must be an object");
  OINF_ASSIGN(std::string type, string_or(component, "type", ""));
  if (type.empty()) return Diagnostic(Code::P0025, std::string(what) + " has no type");
  return type;
}

}  // namespace openinfer::text_json
