#include "oinf/pack/gguf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <unordered_set>

#include "oinf/package_text.h"

namespace openinfer::pack {
namespace {

constexpr std::string_view kBulk[] = {"tokenizer.ggml.tokens",
                                      "tokenizer.ggml.scores",
                                      "tokenizer.ggml.token_type",
                                      "tokenizer.ggml.merges",
                                      "tokenizer.ggml.precompiled_charsmap",
                                      "tokenizer.chat_template"};

// The decimal number that a writer meant, where it stored the nearest f32: 1e-05, not 9.99999974e-06.
double as_written(double value) {
  const auto narrow = static_cast<float>(value);
  if (static_cast<double>(narrow) != value || !std::isfinite(value)) return value;
  return std::strtod(fmt::format("{}", narrow).c_str(), nullptr);
}

std::optional<MetaValue> meta_value(const GgufValue& value) {
  const auto text = [](std::string_view s) { return is_utf8(s); };
  if (const auto* v = std::get_if<bool>(&value)) return MetaValue(*v);
  if (const auto* v = std::get_if<int64_t>(&value)) return MetaValue(*v);
  if (const auto* v = std::get_if<double>(&value)) return MetaValue(as_written(*v));
  if (const auto* v = std::get_if<std::vector<bool>>(&value)) return MetaValue(*v);
  if (const auto* v = std::get_if<std::vector<int64_t>>(&value)) return MetaValue(*v);
  if (const auto* v = std::get_if<std::vector<double>>(&value)) {
    std::vector<double> numbers;
    for (const double d : *v) numbers.push_back(as_written(d));
    return MetaValue(std::move(numbers));
  }
  if (const auto* v = std::get_if<std::string_view>(&value))
    return text(*v) ? std::optional<MetaValue>(std::string(*v)) : std::nullopt;
  const auto& list = std::get<std::vector<std::string_view>>(value);
  if (!std::all_of(list.begin(), list.end(), text)) return std::nullopt;
  return MetaValue(std::vector<std::string>(list.begin(), list.end()));
}

// A key of the architecture and what config.json calls it. `gpt2`: the name there; empty: it has none.
struct Renamed {
  std::string_view key, name, gpt2;
};
constexpr Renamed kIntegers[] = {{"context_length", "max_position_embeddings", "n_positions"},
                                 {"embedding_length", "hidden_size", "n_embd"},
                                 {"block_count", "num_hidden_layers", "n_layer"},
                                 {"feed_forward_length", "intermediate_size", "n_inner"},
                                 {"attention.head_count", "num_attention_heads", "n_head"},
                                 {"attention.head_count_kv", "num_key_value_heads", ""},
                                 {"attention.key_length", "head_dim", ""},
                                 {"attention.sliding_window", "sliding_window", ""},
                                 {"vocab_size", "vocab_size", "vocab_size"}};
constexpr Renamed kNumbers[] = {{"attention.layer_norm_rms_epsilon", "rms_norm_eps", ""},
                                {"attention.layer_norm_epsilon", "layer_norm_eps", "layer_norm_epsilon"},
                                {"rope.freq_base", "rope_parameters.rope_theta", ""}};

// Tokens that end an answer in the formats people chat in; files name one of them at most.
constexpr std::string_view kEnds[] = {"<|eot_id|>",    "<|im_end|>",           "<|end|>", "<|eom_id|>",
                                      "<end_of_turn>", "<|endoftext|>",        "<|eot|>", "<|end_of_text|>",
                                      "<|return|>",    "<|END_OF_TURN_TOKEN|>"};

class Config {
 public:
  Config(const GgufFile& file, PackageDescription& description) : file_(file), d_(description) {}

  Status run(std::vector<std::string>& dropped) {
    const std::string architecture(file_.text("general.architecture").value_or(""));
    if (architecture.empty()) return Diagnostic(Code::P0029, "general.architecture is absent");
    if (!is_name(architecture)) return Diagnostic(Code::P0012, "general.architecture has control characters");
    d_.architecture = architecture;
    for (const auto& [key, value] : file_.keys()) {
      if (std::find(std::begin(kBulk), std::end(kBulk), key) != std::end(kBulk)) continue;
      if (auto meta = meta_value(value)) {
        add(key, std::move(*meta));
      } else {
        dropped.push_back(fmt::format("{}: its text is not UTF-8", key));
      }
    }
    const bool gpt2 = architecture == "gpt2";
    if (gpt2 || architecture == "llama" || architecture == "qwen2" || architecture == "qwen3") {
      add_renamed(architecture, gpt2);
      if (!gpt2) OINF_TRY(add_rope(architecture));
    }
    add_tokens();
    return {};
  }

 private:
  void add(std::string_view name, MetaValue value) {
    if (!names_.insert(std::string(name)).second) return;
    if (const auto* n = std::get_if<int64_t>(&value)) d_.sizes.emplace_back(name, *n);
    d_.metadata.emplace_back(name, std::move(value));
  }

  void add_renamed(const std::string& architecture, bool gpt2) {
    add("model_type", architecture);
    for (const Renamed& r : kIntegers) {
      const std::string_view name = gpt2 ? r.gpt2 : r.name;
      const auto value = file_.integer(fmt::format("{}.{}", architecture, r.key));
      if (value && !name.empty()) add(name, *value);
    }
    for (const Renamed& r : kNumbers) {
      const std::string_view name = gpt2 ? r.gpt2 : r.name;
      const auto value = file_.number(fmt::format("{}.{}", architecture, r.key));
      if (value && !name.empty()) add(name, as_written(*value));
    }
    bool untied = false;
    for (const GgufTensor& t : file_.tensors()) {
      untied = untied || t.name == "output.weight";
      if (t.name == "token_embd.weight" && t.shape.rank() == 2) add("vocab_size", t.shape[0]);
    }
    if (d_.tokenizer) add("vocab_size", static_cast<int64_t>(d_.tokenizer->vocabulary.size()));
    if (!file_.tensors().empty()) add("tie_word_embeddings", !untied);
  }

  // What the graphs rotate by must be what the file asks for.
  Status add_rope(const std::string& architecture) {
    const auto key = [&](std::string_view name) { return fmt::format("{}.{}", architecture, name); };
    const auto heads = file_.integer(key("attention.head_count")), width = file_.integer(key("embedding_length"));
    const auto own = file_.integer(key("attention.key_length"));
    const auto rotated = file_.integer(key("rope.dimension_count"));
    if (rotated && heads && width && *heads > 0) {
      const int64_t head = own ? *own : *width / *heads;
      if (*rotated != head)
        return Diagnostic(Code::P0027,
                          fmt::format("{} of {} features of a head are rotated; all or none can be", *rotated, head));
    }
    const std::string_view type = file_.text(key("rope.scaling.type")).value_or("none");
    if (type == "linear") {
      add("rope_parameters.rope_type", std::string("linear"));
      add("rope_parameters.factor", as_written(file_.number(key("rope.scaling.factor")).value_or(1.0)));
    } else if (type != "none" && !type.empty()) {
      return Diagnostic(Code::P0027,
                        fmt::format("rotary scaling `{}`; none, linear and Llama 3's are supported", type));
    } else if (const auto old = file_.number(key("rope.scale_linear")); old && *old != 1.0) {
      add("rope_parameters.rope_type", std::string("linear"));
      add("rope_parameters.factor", as_written(*old));
    }
    return {};
  }

  void add_tokens() {
    constexpr std::pair<std::string_view, std::string_view> kRoles[] = {
        {"bos", "bos"},     {"eos", "eos"}, {"unknown", "unk"}, {"seperator", "sep"},
        {"padding", "pad"}, {"cls", "cls"}, {"mask", "mask"}};
    for (const auto& [role, name] : kRoles)
      if (const auto id = file_.integer(fmt::format("tokenizer.ggml.{}_token_id", role)))
        add(fmt::format("{}_token_id", name), *id);
    std::vector<int64_t> ends;
    const auto end_with = [&](int64_t id) {
      if (std::find(ends.begin(), ends.end(), id) == ends.end()) ends.push_back(id);
    };
    for (const char* role : {"eos", "eot", "eom"})
      if (const auto id = file_.integer(fmt::format("tokenizer.ggml.{}_token_id", role))) end_with(*id);
    if (d_.tokenizer)
      for (const AddedToken& token : d_.tokenizer->added)
        if (token.special && std::find(std::begin(kEnds), std::end(kEnds), token.content) != std::end(kEnds))
          end_with(token.id);
    add("stop_tokens", std::move(ends));
  }

  const GgufFile& file_;
  PackageDescription& d_;
  std::unordered_set<std::string> names_;
};

// The factor that Llama 3's bands give a frequency, in the arithmetic of the programs that write GGUF files.
double llama3_factor(double frequency, double factor, double low, double high, double context) {
  const double wavelength = 2 * 3.14159265358979323846 / frequency;
  if (wavelength < context / high) return 1;
  if (wavelength > context / low) return factor;
  const double smooth = (context / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}

}  // namespace

Status add_gguf_config(const GgufFile& file, PackageDescription& description, std::vector<std::string>& dropped) {
  return Config(file, description).run(dropped);
}

uint64_t pair_rows(const GgufFile& file, std::string_view name, const Shape& shape) {
  if (file.text("general.architecture").value_or("") != "llama" || !name.starts_with("blk.")) return 0;
  const bool query = name.ends_with(".attn_q.weight") || name.ends_with(".attn_q.bias");
  const bool key = name.ends_with(".attn_k.weight") || name.ends_with(".attn_k.bias");
  if (!query && !key) return 0;
  auto heads = file.integer("llama.attention.head_count");
  if (key)
    if (const auto grouped = file.integer("llama.attention.head_count_kv")) heads = grouped;
  if (!heads || *heads <= 0 || shape.rank() < 1 || shape[0] % (*heads * 2) != 0) return 0;
  return static_cast<uint64_t>(shape[0] / *heads);
}

bool add_llama3_rope(std::span<const std::byte> factors, bool big_endian, PackageDescription& d) {
  std::vector<double> stored;
  double slowest = 1;
  for (size_t at = 0; at + 4 <= factors.size(); at += 4) {
    std::byte raw[4];
    std::memcpy(raw, factors.data() + at, 4);
    if (big_endian) std::reverse(raw, raw + 4);
    float value = 0;
    std::memcpy(&value, raw, 4);
    stored.push_back(static_cast<double>(value));
    slowest = std::max(slowest, stored.back());
  }
  double base = 10000;
  for (const auto& [name, value] : d.metadata)
    if (const auto* number = std::get_if<double>(&value); number && name == "rope_parameters.rope_theta")
      base = *number;
  constexpr double kLow = 1, kHigh = 4;  // of every Llama 3 model
  for (int bits = 4; bits <= 24; ++bits) {
    const auto context = static_cast<double>(1 << bits);
    bool all = !stored.empty();
    for (size_t i = 0; i < stored.size() && all; ++i) {
      const double frequency = std::pow(base, -static_cast<double>(i) / static_cast<double>(stored.size()));
      const double expected = llama3_factor(frequency, slowest, kLow, kHigh, context);
      all = std::abs(expected - stored[i]) <= 1e-5 * expected;
    }
    if (!all) continue;
    d.metadata.emplace_back("rope_parameters.rope_type", std::string("llama3"));
    d.metadata.emplace_back("rope_parameters.factor", as_written(slowest));
    d.metadata.emplace_back("rope_parameters.low_freq_factor", kLow);
    d.metadata.emplace_back("rope_parameters.high_freq_factor", kHigh);
    d.metadata.emplace_back("rope_parameters.original_max_position_embeddings", int64_t{1} << bits);
    d.sizes.emplace_back("rope_parameters.original_max_position_embeddings", int64_t{1} << bits);
    return true;
  }
  return false;
}

}  // namespace openinfer::pack
