#include "oinf/pack/json_file.h"

#include <fmt/format.h>

#include <unordered_set>
#include <vector>

#include "oinf/mapped_file.h"

namespace openinfer::pack {
namespace {

constexpr int kMaxDepth = 64;

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
  std::string fault;
  std::vector<std::unordered_set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMaxDepth) {
      fault = "it nests too deeply";
      return false;
    }
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.empty() && !keys.back().insert(value.get<std::string>()).second)
      fault = fmt::format("the key `{}` stands there twice", value.get<std::string>());
    return true;
  };
  try {
    Json json = Json::parse(text, watch);
    if (fault.empty()) return json;
  } catch (const nlohmann::json::exception& e) {
    fault = e.what();
  }
  return Diagnostic(Code::P0021, fmt::format("{}: {}", what, fault));
}

Result<std::string> read_text(const std::string& path) {
  OINF_ASSIGN(const MappedFile file, MappedFile::open(path));
  return std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

}  // namespace openinfer::pack
