#include "oinf/tools/graph_limits.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace openinfer {
namespace {

const MetaValue* find(const PackageDescription& model, std::string_view name) {
  for (const auto& [key, value] : model.metadata)
    if (key == name) return &value;
  return nullptr;
}

std::string text_of(const PackageDescription& model, std::string_view name) {
  const MetaValue* value = find(model, name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

bool is_true(const PackageDescription& model, std::string_view name) {
  const MetaValue* value = find(model, name);
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  return flag != nullptr && *flag;
}

bool has_bias(const PackageDescription& model) {
  return is_true(model, "attention_bias") || is_true(model, "mlp_bias");
}

// lib/rope.graph
std::optional<std::string> ignored_rotation(const PackageDescription& model) {
  constexpr std::string_view kKnown[] = {"", "default", "none", "linear", "llama3"};
  for (const char* name : {"rope_parameters.rope_type", "rope_scaling.rope_type", "rope_scaling.type"})
    if (const std::string type = text_of(model, name);
        std::find(std::begin(kKnown), std::end(kKnown), type) == std::end(kKnown))
      return "rotary scaling `" + type + "`";
  const MetaValue* part = find(model, "partial_rotary_factor");
  if (part == nullptr) part = find(model, "rope_parameters.partial_rotary_factor");
  if (const auto* share = part == nullptr ? nullptr : std::get_if<double>(part); share != nullptr && *share != 1.0)
    return "rotation of a part of each head (`partial_rotary_factor`)";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ignored_setting(const PackageDescription& model) {
  const std::string& a = model.architecture;
  if (a == "gpt2") {
    if (const std::string act = text_of(model, "activation_function"); !act.empty() && act != "gelu_new")
      return "activation_function `" + act + "`";
    if (is_true(model, "scale_attn_by_inverse_layer_idx")) return "scale_attn_by_inverse_layer_idx";
    return std::nullopt;
  }
  if (a != "llama" && a != "mistral" && a != "qwen2" && a != "qwen3") return std::nullopt;
  if (auto rotation = ignored_rotation(model)) return rotation;
  if (const std::string act = text_of(model, "hidden_act"); !act.empty() && act != "silu")
    return "hidden_act `" + act + "`";
  if (has_bias(model)) return "biases (`attention_bias`, `mlp_bias`)";
  if ((a == "qwen2" || a == "qwen3") && is_true(model, "use_sliding_window")) return "use_sliding_window";
  return std::nullopt;
}

}  // namespace openinfer
