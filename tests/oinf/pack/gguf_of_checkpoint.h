// Makes a GGUF of a checkpoint of Llama, Mistral, Qwen 2, Qwen 3 or GPT-2, as the programs that convert checkpoints do:
// their names, vectors in f32, Llama's and Mistral's query and key rows pair by pair, Llama 3's rotary scaling as
// factors, GPT-2's products turned. Mistral is a llama there.
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
  GgufOfCheckpoint(const pack::ModelSource& source, bool big_endian) : source_(source), out_(big_endian) {
    architecture_ = source.description.architecture == "mistral" ? "llama" : source.description.architecture;
  }

  // The steps can be taken one by one, so that a model is split.
  [[nodiscard]] std::vector<std::byte> whole() {
    keys();
    for (const pack::SourceTensor& t : source_.tensors) tensor(t);
    factors();
    return out_.file();
  }

  void keys() {
    out_.text("general.architecture", architecture_).text("general.name", "fixture");
    const std::pair<const char*, const char*> kSizes[] = {{"block_count", "num_hidden_layers"},
                                                          {"context_length", "max_position_embeddings"},
                                                          {"embedding_length", "hidden_size"},
                                                          {"feed_forward_length", "intermediate_size"},
                                                          {"attention.head_count", "num_attention_heads"},
                                                          {"attention.head_count_kv", "num_key_value_heads"},
                                                          {"vocab_size", "vocab_size"},
                                                          {"attention.key_length", "head_dim"},
                                                          {"rope.dimension_count", "head_dim"},
                                                          {"attention.sliding_window", "sliding_window"},
                                                          {"block_count", "n_layer"},
                                                          {"context_length", "n_positions"},
                                                          {"embedding_length", "n_embd"},
                                                          {"attention.head_count", "n_head"}};
    const std::string prefix = architecture_ + ".";
    for (const auto& [key, name] : kSizes)
      if (find(name) != nullptr) out_.u32(prefix + key, static_cast<uint32_t>(size(name)));
    if (gpt2()) {
      out_.u32(prefix + "feed_forward_length", static_cast<uint32_t>(4 * size("n_embd")));
      out_.f32(prefix + "attention.layer_norm_epsilon", static_cast<float>(number("layer_norm_epsilon", 1e-5)));
    } else {
      out_.f32(prefix + "attention.layer_norm_rms_epsilon", static_cast<float>(number("rms_norm_eps", 1e-5)));
      out_.f32(prefix + "rope.freq_base", static_cast<float>(number("rope_parameters.rope_theta", 1e4)));
    }
    out_.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
  }

  void tensor(const pack::SourceTensor& t) {
    const std::string name = gguf_name(t.name);
    std::vector<std::byte> data(t.data.begin(), t.data.end());
    if (architecture_ == "llama" && name.ends_with("attn_q.weight")) data = paired(t, size("num_attention_heads"));
    if (architecture_ == "llama" && name.ends_with("attn_k.weight")) data = paired(t, size("num_key_value_heads"));
    const bool turn = gpt2() && t.shape.rank() == 2 && name.starts_with("blk.");
    if (turn) data = turned(t);
    DType type = t.dtype;
    if (t.shape.rank() == 1) {
      std::vector<std::byte> wide;
      pack::convert_floats(t.dtype, t.data, DType::f32, wide);
      data = wide;
      type = DType::f32;
    }
    std::vector<int64_t> sizes;
    for (int axis = 0; axis < t.shape.rank(); ++axis) sizes.push_back(t.shape[turn ? 1 - axis : axis]);
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
  [[nodiscard]] bool gpt2() const { return architecture_ == "gpt2"; }
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
                                                          {"transformer.wte", "token_embd"},
                                                          {"transformer.wpe", "position_embd"},
                                                          {"transformer.ln_f", "output_norm"},
                                                          {"transformer.h.", "blk."},
                                                          {"ln_1", "attn_norm"},
                                                          {"ln_2", "ffn_norm"},
                                                          {"attn.c_attn", "attn_qkv"},
                                                          {"attn.c_proj", "attn_output"},
                                                          {"mlp.c_fc", "ffn_up"},
                                                          {"mlp.c_proj", "ffn_down"},
                                                          {"self_attn.q_norm", "attn_q_norm"},
                                                          {"self_attn.k_norm", "attn_k_norm"},
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

  static std::vector<std::byte> turned(const pack::SourceTensor& t) {
    const auto rows = static_cast<size_t>(t.shape[0]), columns = static_cast<size_t>(t.shape[1]);
    const size_t width = element_bytes(t.dtype);
    std::vector<std::byte> out(t.data.size());
    for (size_t i = 0; i < rows; ++i)
      for (size_t k = 0; k < columns; ++k)
        std::memcpy(out.data() + (k * rows + i) * width, t.data.data() + (i * columns + k) * width, width);
    return out;
  }

  const pack::ModelSource& source_;
  std::string architecture_;
  GgufBuilder out_;
};

}  // namespace openinfer::testing
