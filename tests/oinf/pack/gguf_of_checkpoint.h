// Makes a GGUF of a Llama checkpoint, as the programs that convert checkpoints do: their names, norms in f32, query and
// key rows pair by pair, Llama 3's rotary scaling as factors.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <string>

#include "gguf_builder.h"
#include "oinf/pack/float_rows.h"
#include "oinf/pack/model_source.h"

namespace openinfer::testing {

class GgufOfCheckpoint {
 public:
  GgufOfCheckpoint(const pack::ModelSource& source, bool big_endian) : source_(source), out_(big_endian) {}

  // The steps can be taken one by one, so that a model is split.
  [[nodiscard]] std::vector<std::byte> whole() {
    keys();
    for (const pack::SourceTensor& t : source_.tensors) tensor(t);
    factors();
    return out_.file();
  }

  void keys() {
    out_.text("general.architecture", "llama").text("general.name", "fixture");
    const std::pair<const char*, const char*> kSizes[] = {{"llama.block_count", "num_hidden_layers"},
                                                          {"llama.context_length", "max_position_embeddings"},
                                                          {"llama.embedding_length", "hidden_size"},
                                                          {"llama.feed_forward_length", "intermediate_size"},
                                                          {"llama.attention.head_count", "num_attention_heads"},
                                                          {"llama.attention.head_count_kv", "num_key_value_heads"},
                                                          {"llama.vocab_size", "vocab_size"},
                                                          {"llama.attention.key_length", "head_dim"},
                                                          {"llama.rope.dimension_count", "head_dim"}};
    for (const auto& [key, name] : kSizes) out_.u32(key, static_cast<uint32_t>(size(name)));
    out_.f32("llama.attention.layer_norm_rms_epsilon", static_cast<float>(number("rms_norm_eps", 1e-5)));
    out_.f32("llama.rope.freq_base", static_cast<float>(number("rope_parameters.rope_theta", 1e4)));
    out_.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
  }

  void tensor(const pack::SourceTensor& t) {
    const std::string name = gguf_name(t.name);
    std::vector<std::byte> data(t.data.begin(), t.data.end());
    if (name.ends_with("attn_q.weight")) data = paired(t, size("num_attention_heads"));
    if (name.ends_with("attn_k.weight")) data = paired(t, size("num_key_value_heads"));
    DType type = t.dtype;
    if (t.shape.rank() == 1) {
      std::vector<std::byte> wide;
      pack::convert_floats(t.dtype, t.data, DType::f32, wide);
      data = wide;
      type = DType::f32;
    }
    std::vector<int64_t> sizes;
    for (int axis = 0; axis < t.shape.rank(); ++axis) sizes.push_back(t.shape[axis]);
    out_.tensor(name, type == DType::f32 ? 0u : type == DType::f16 ? 1u : 30u, sizes, data, element_bytes(type));
  }

  // rope_freqs.weight, where the checkpoint has Llama 3's scaling.
  void factors() {
    if (number("rope_parameters.low_freq_factor", 0) == 0) return;
    const double base = number("rope_parameters.rope_theta", 1e4), factor = number("rope_parameters.factor", 1),
                 low = number("rope_parameters.low_freq_factor", 1),
                 high = number("rope_parameters.high_freq_factor", 4),
                 context = number("rope_parameters.original_max_position_embeddings", 8192);
    const int64_t width = size("head_dim");
    std::vector<float> values;
    for (int64_t i = 0; i < width; i += 2) {
      const double wavelength =
          2 * 3.14159265358979323846 * std::pow(base, static_cast<double>(i) / static_cast<double>(width));
      const double smooth = (context / wavelength - low) / (high - low);
      values.push_back(static_cast<float>(wavelength < context / high  ? 1.0
                                          : wavelength > context / low ? factor
                                                                       : 1 / ((1 - smooth) / factor + smooth)));
    }
    std::vector<std::byte> data(values.size() * 4);
    std::memcpy(data.data(), values.data(), data.size());
    out_.tensor("rope_freqs.weight", 0, {static_cast<int64_t>(values.size())}, data, 4);
  }

  [[nodiscard]] GgufBuilder& builder() { return out_; }

 private:
  [[nodiscard]] const MetaValue* find(const std::string& name) const {
    for (const auto& [key, value] : source_.description.metadata)
      if (key == name) return &value;
    return nullptr;
  }
  [[nodiscard]] int64_t size(const std::string& name) const { return static_cast<int64_t>(number(name, 0)); }
  [[nodiscard]] double number(const std::string& name, double otherwise) const {
    const MetaValue* value = find(name);
    if (value == nullptr) return otherwise;
    if (const auto* n = std::get_if<int64_t>(value)) return static_cast<double>(*n);
    const auto* d = std::get_if<double>(value);
    return d == nullptr ? otherwise : *d;
  }

  static std::string gguf_name(std::string name) {
    const std::pair<const char*, const char*> kNames[] = {{"model.embed_tokens", "token_embd"},
                                                          {"model.norm", "output_norm"},
                                                          {"lm_head", "output"},
                                                          {"model.layers.", "blk."},
                                                          {"input_layernorm", "attn_norm"},
                                                          {"self_attn.q_proj", "attn_q"},
                                                          {"self_attn.k_proj", "attn_k"},
                                                          {"self_attn.v_proj", "attn_v"},
                                                          {"self_attn.o_proj", "attn_output"},
                                                          {"post_attention_layernorm", "ffn_norm"},
                                                          {"mlp.gate_proj", "ffn_gate"},
                                                          {"mlp.up_proj", "ffn_up"},
                                                          {"mlp.down_proj", "ffn_down"}};
    for (const auto& [from, to] : kNames)
      if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, std::strlen(from), to);
    return name;
  }

  // Rows (head, half, i) to (head, i, half).
  static std::vector<std::byte> paired(const pack::SourceTensor& t, int64_t heads) {
    const auto rows = static_cast<size_t>(t.shape[0]), width = t.data.size() / rows;
    const size_t each = rows / static_cast<size_t>(heads), half = each / 2;
    std::vector<std::byte> out(t.data.size());
    for (size_t row = 0; row < rows; ++row) {
      const size_t head = row / each, j = row % each / half, i = row % half;
      std::memcpy(out.data() + (head * each + 2 * i + j) * width, t.data.data() + row * width, width);
    }
    return out;
  }

  const pack::ModelSource& source_;
  GgufBuilder out_;
};

}  // namespace openinfer::testing
