#include "oinf/registry/known_models.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "ir/panel16.h"
#include "oinf/registry/models_text.h"

namespace openinfer {
namespace {

using Json = nlohmann::json;

Diagnostic wrong(const std::string& what) { return {Code::P0021, "models.json: " + what}; }

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// "4*n_embd": numbers and keys of the configuration, multiplied.
Result<int64_t> size_of(const std::string& text, const KnownModel& model, std::set<std::string>& keys) {
  int64_t product = 1;
  for (const std::string& factor : split(text, '*')) {
    int64_t n = 0;
    const auto [end, code] = std::from_chars(factor.data(), factor.data() + factor.size(), n);
    if (code != std::errc() || end != factor.data() + factor.size()) {
      const auto hit = model.config.find(factor);
      const auto* value = hit == model.config.end() ? nullptr : std::get_if<int64_t>(&hit->second);
      if (value == nullptr) return wrong(model.name + " has no size `" + factor + "`");
      keys.insert(factor);
      n = *value;
    }
    if (n <= 0 || __builtin_mul_overflow(product, n, &product)) return wrong(model.name + ": `" + text + "`");
  }
  return product;
}

Result<KnownModel> read(const Json& m, const Json& architectures) {
  KnownModel model;
  model.name = m.at("name").get<std::string>();
  model.from = m.at("from").get<std::string>();
  model.architecture = m.at("architecture").get<std::string>();
  const Json& kind = architectures.at(model.architecture);
  model.graph = kind.at("graph").get<std::string>();
  for (const auto& [key, value] : m.at("config").items()) {
    if (value.is_number_integer())
      model.config[key] = value.get<int64_t>();
    else if (value.is_number())
      model.config[key] = value.get<double>();
    else
      model.config[key] = value.get<std::string>();
  }
  std::set<std::string> keys;
  OINF_ASSIGN(const int64_t layers, size_of(kind.at("layers").get<std::string>(), model, keys));
  for (const auto& [pattern, dims] : kind.at("tensors").items()) {
    if (pattern == "lm_head.weight" && m.at("tied").get<bool>()) continue;
    KnownTensor t;
    for (const std::string& dim : split(dims.get<std::string>(), ' ')) {
      OINF_ASSIGN(const int64_t n, size_of(dim, model, keys));
      t.shape.push_back(n);
    }
    const size_t at = pattern.find("{l}");
    for (int64_t l = 0; l < (at == std::string::npos ? 1 : layers); ++l) {
      t.name = pattern;
      if (at != std::string::npos) t.name.replace(at, 3, std::to_string(l));
      model.tensors.push_back(t);
    }
  }
  model.shape_keys.assign(keys.begin(), keys.end());
  return model;
}

}  // namespace

uint64_t KnownModel::parameters() const {
  uint64_t n = 0;
  for (const KnownTensor& t : tensors) n += static_cast<uint64_t>(t.shape.elements());
  return n;
}

Result<std::vector<KnownModel>> known_models() try {
  const Json all = Json::parse(models_text());
  std::vector<KnownModel> models;
  for (const Json& m : all.at("models")) {
    OINF_ASSIGN(KnownModel model, read(m, all.at("architectures")));
    models.push_back(std::move(model));
  }
  return models;
} catch (const Json::exception& e) {
  return wrong(e.what());
}

const KnownModel* detect(const std::vector<KnownModel>& models, std::string_view architecture,
                         const PackageInfo& package) {
  const auto size = [&](const std::string& key) -> std::optional<int64_t> {
    if (const auto n = package.find_size(key)) return n;
    // Configurations leave out what follows from the rest.
    const auto heads = package.find_size("num_attention_heads"), hidden = package.find_size("hidden_size");
    if (key == "num_key_value_heads") return heads;
    if (key == "head_dim" && heads && hidden && *heads > 0 && *hidden % *heads == 0) return *hidden / *heads;
    return std::nullopt;
  };
  const auto hit = std::find_if(models.begin(), models.end(), [&](const KnownModel& m) {
    return m.architecture == architecture &&
           std::all_of(m.shape_keys.begin(), m.shape_keys.end(),
                       [&](const auto& key) { return size(key) == std::get<int64_t>(m.config.at(key)); });
  });
  return hit == models.end() ? nullptr : &*hit;
}

KnownPackage::KnownPackage(const KnownModel& model, DType matrices, const InPanels& panels) : model_(model) {
  for (const KnownTensor& t : model.tensors) {
    TensorInfo info;
    info.name = t.name;
    info.shape = t.shape;
    const bool blocks = t.shape.rank() == 2 && t.shape[1] % static_cast<int64_t>(openinfer::info(matrices).block) == 0;
    info.dtype = blocks ? matrices : DType::f16;
    if (panels(t.name) && panel16_bytes(info.dtype, t.shape).value_or(0) > 0) info.layout = Layout::panel16;
    info.bytes = payload_bytes(info.dtype, info.layout, t.shape).value_or(0);
    tensors_.emplace(t.name, info);
  }
}

std::optional<TensorInfo> KnownPackage::find_tensor(std::string_view name) const {
  const auto hit = tensors_.find(name);
  return hit == tensors_.end() ? std::nullopt : std::optional(hit->second);
}

const MetaValue* KnownPackage::find_metadata(std::string_view key) const {
  static const MetaValue kNoTokens = std::vector<int64_t>{};
  if (key == "stop_tokens") return &kNoTokens;
  const auto hit = model_.config.find(std::string(key));
  return hit == model_.config.end() ? nullptr : &hit->second;
}

std::optional<int64_t> KnownPackage::find_size(std::string_view name) const {
  const MetaValue* value = find_metadata(name);
  const auto* n = value == nullptr ? nullptr : std::get_if<int64_t>(value);
  return n == nullptr ? std::nullopt : std::optional(*n);
}

std::vector<std::string_view> KnownPackage::tensor_names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, info] : tensors_) names.push_back(name);
  return names;
}

std::vector<std::string_view> KnownPackage::metadata_names() const {
  std::vector<std::string_view> names = {"stop_tokens"};
  for (const auto& [key, value] : model_.config) names.push_back(key);
  return names;
}

uint64_t KnownPackage::bytes() const {
  uint64_t n = 0;
  for (const auto& [name, info] : tensors_) n += info.bytes;
  return n;
}

}  // namespace openinfer
