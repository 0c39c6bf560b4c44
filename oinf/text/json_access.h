// Reading fields of untrusted JSON without exceptions. For .cpp files of this folder only: it brings in nlohmann_json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer::text_json {

using Json = nlohmann::json;

// Arrays and objects may nest this deep; dumping and copying a Json recurses.
inline constexpr int kMaxDepth = 64;

// code: of the error for text that is no JSON or nests too deeply. what: names the text in the message.
[[nodiscard]] Result<Json> parse(std::string_view text, Code code, std::string_view what);

// The member, or nothing when it is absent or null, or when `object` is no object.
[[nodiscard]] const Json* member(const Json& object, const char* key);

// A member that may be absent or null (then `fallback`) but must otherwise have the type. Errors: P0025.
[[nodiscard]] Result<bool> bool_or(const Json& object, const char* key, bool fallback);
[[nodiscard]] Result<std::string> string_or(const Json& object, const char* key, std::string_view fallback);
[[nodiscard]] Result<int64_t> integer_or(const Json& object, const char* key, int64_t fallback);

// The member `type` of a component of a tokenizer. Errors: P0025.
[[nodiscard]] Result<std::string> component_type(const Json& component, std::string_view what);

}  // namespace openinfer::text_json
