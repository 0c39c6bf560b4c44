#include "oinf/pack/config_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "oinf/package_text.h"

namespace openinfer::pack {
namespace {

using Json = nlohmann::json;

bool is_i64(const Json& v) {
  return v.is_number_integer() && (!v.is_number_unsigned() || v.get<uint64_t>() <= uint64_t{INT64_MAX});
}

template <class T>
std::vector<T> list_of(const Json& list) {
  std::vector<T> out;
  for (const Json& item : list) out.push_back(item.get<T>());
  return out;
}

std::optional<MetaValue> list_value(const Json& list) {
  const auto all = [&](auto test) { return std::all_of(list.begin(), list.end(), test); };
  if (all(is_i64)) return list_of<int64_t>(list);
  if (all([](const Json& v) { return v.is_number(); })) return list_of<double>(list);
  if (all([](const Json& v) { return v.is_string(); })) return list_of<std::string>(list);
  if (all([](const Json& v) { return v.is_boolean(); })) return list_of<bool>(list);
  return std::nullopt;
}

void add_value(const Json& value, const std::string& name, ConfigMetadata& out) {
  if (value.is_null()) return;
  if (value.is_object()) return add_config(value, name + ".", out);
  if (!is_name(name)) {
    out.dropped.push_back("a name with control characters");
    return;
  }
  if (value.is_boolean()) {
    out.metadata.emplace_back(name, value.get<bool>());
  } else if (is_i64(value)) {
    out.metadata.emplace_back(name, value.get<int64_t>());
  } else if (value.is_number()) {
    out.metadata.emplace_back(name, value.get<double>());
  } else if (value.is_string()) {
    out.metadata.emplace_back(name, value.get<std::string>());
  } else if (auto list = list_value(value)) {
    out.metadata.emplace_back(name, std::move(*list));
  } else if (std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_object(); })) {
    for (size_t i = 0; i < value.size(); ++i) add_config(value[i], fmt::format("{}.{}.", name, i), out);
  } else {
    out.dropped.push_back(fmt::format("{}: a list of mixed or nested values", name));
  }
}

}  // namespace

void add_config(const Json& config, const std::string& prefix, ConfigMetadata& out) {
  for (const auto& [key, value] : config.items()) add_value(value, prefix + key, out);
}

std::vector<std::pair<std::string, int64_t>> integer_sizes(
    const std::vector<std::pair<std::string, MetaValue>>& metadata) {
  std::vector<std::pair<std::string, int64_t>> sizes;
  for (const auto& [name, value] : metadata)
    if (const auto* n = std::get_if<int64_t>(&value)) sizes.emplace_back(name, *n);
  return sizes;
}

}  // namespace openinfer::pack
