#include "oinf/pack/gguf_names.h"

#include <array>
#include <span>
#include <utility>

namespace openinfer::pack {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kBlock = "blk.";

// Names without `.weight` and `.bias`.
constexpr Name kLlama[] = {{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}};
constexpr Name kLlamaLayer[] = {{"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
                                {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
                                {"attn_output", "self_attn.o_proj"}, {"attn_q_norm", "self_attn.q_norm"},
                                {"attn_k_norm", "self_attn.k_norm"}, {"ffn_norm", "post_attention_layernorm"},
                                {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
                                {"ffn_down", "mlp.down_proj"}};
constexpr Name kGpt2[] = {{"token_embd", "transformer.wte"},
                          {"position_embd", "transformer.wpe"},
                          {"output_norm", "transformer.ln_f"},
                          {"output", "lm_head"}};
constexpr Name kGpt2Layer[] = {{"attn_norm", "ln_1"}, {"attn_qkv", "attn.c_attn"}, {"attn_output", "attn.c_proj"},
                               {"ffn_norm", "ln_2"},  {"ffn_up", "mlp.c_fc"},      {"ffn_down", "mlp.c_proj"}};

struct Family {
  std::array<std::string_view, 3> architectures;
  std::span<const Name> whole, layer;
  std::string_view layers;
};
constexpr Family kFamilies[] = {
    {{"llama", "qwen2", "qwen3"}, kLlama, kLlamaLayer, "model.layers."},
    {{"gpt2", "gpt2", "gpt2"}, kGpt2, kGpt2Layer, "transformer.h."},
};

std::optional<std::string_view> renamed(std::span<const Name> names, std::string_view name) {
  for (const auto& [from, to] : names)
    if (from == name) return to;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> hugging_face_name(std::string_view architecture, std::string_view tensor) {
  const size_t dot = tensor.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view kind = tensor.substr(dot);
  if (kind != ".weight" && kind != ".bias") return std::nullopt;
  const std::string_view stem = tensor.substr(0, dot);
  for (const Family& family : kFamilies) {
    bool member = false;
    for (const std::string_view a : family.architectures) member = member || a == architecture;
    if (!member) continue;
    if (!stem.starts_with(kBlock)) {
      const auto name = renamed(family.whole, stem);
      return name ? std::optional(std::string(*name).append(kind)) : std::nullopt;
    }
    const std::string_view inner = stem.substr(kBlock.size());
    const size_t end = inner.find('.');
    if (end == 0 || end == std::string_view::npos ||
        inner.substr(0, end).find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    const auto name = renamed(family.layer, inner.substr(end + 1));
    if (!name) return std::nullopt;
    return std::string(family.layers).append(inner.substr(0, end)).append(".").append(*name).append(kind);
  }
  return std::nullopt;
}

}  // namespace openinfer::pack
