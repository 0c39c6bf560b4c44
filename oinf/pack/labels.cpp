#include "oinf/pack/labels.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace openinfer::pack {

std::optional<std::vector<std::string>> labels_of(const nlohmann::json& config) {
  constexpr size_t kMost = size_t{1} << 20;
  const auto map = config.find("id2label");
  if (map == config.end() || !map->is_object() || map->empty()) return std::nullopt;
  std::vector<std::string> labels;
  for (const auto& [key, value] : map->items()) {
    size_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id >= kMost || !value.is_string())
      return std::nullopt;
    if (labels.size() <= id) labels.resize(id + 1);
    labels[id] = value.get<std::string>();
  }
  return labels;
}

}  // namespace openinfer::pack
