#include "oinf/registry/known_models.h"

#include <catch2/catch.hpp>

#include "ir/no_package.h"

using namespace openinfer;

namespace {

std::vector<KnownModel> models() {
  auto all = known_models();
  if (!all) FAIL(all.error().message);
  return *all;
}

const KnownModel& named(const std::vector<KnownModel>& all, const std::string& name) {
  for (const KnownModel& m : all)
    if (m.name == name) return m;
  FAIL(name);
  return all.front();
}

bool no_panels(std::string_view) { return false; }

// A package whose configuration differs in one key, or lacks it.
class Changed final : public PackageInfo {
 public:
  Changed(const KnownPackage& package, std::string key, std::optional<int64_t> value)
      : package_(package), key_(std::move(key)), value_(value) {}
  std::optional<TensorInfo> find_tensor(std::string_view name) const override { return package_.find_tensor(name); }
  const MetaValue* find_metadata(std::string_view key) const override { return package_.find_metadata(key); }
  std::optional<int64_t> find_size(std::string_view name) const override {
    return name == key_ ? value_ : package_.find_size(name);
  }
  std::vector<std::string_view> tensor_names() const override { return package_.tensor_names(); }
  std::vector<std::string_view> metadata_names() const override { return package_.metadata_names(); }

 private:
  const KnownPackage& package_;
  std::string key_;
  std::optional<int64_t> value_;
};

}  // namespace

TEST_CASE("known models have as many parameters as their makers say") {
  const auto all = models();
  const std::map<std::string, uint64_t> published = {
      {"GPT-2", 124439808},
      {"GPT-2 medium", 354823168},
      {"GPT-2 large", 774030080},
      {"GPT-2 XL", 1557611200},
      {"Llama 2 7B", 6738415616},
      {"Llama 3.1 8B", 8030261248},
      {"Llama 3.2 1B", 1235814400},
      {"Llama 3.2 3B", 3212749824},
      {"Mistral 7B v0.1", 7241732096},
      {"Mistral 7B v0.3", 7248023552},
      {"Qwen2.5 0.5B", 494032768},
      {"Qwen2.5 1.5B", 1543714304},
      {"Qwen2.5 3B", 3085938688},
      {"Qwen2.5 7B", 7615616512},
      {"Qwen3 0.6B", 596049920},
      {"Qwen3 1.7B", 1720574976},
      {"Qwen3 4B", 4022468096},
      {"Qwen3 8B", 8190735360},
      {"SmolLM2 135M", 134515008},
      {"SmolLM2 360M", 361821120},
      {"SmolLM2 1.7B", 1711376384},
  };
  CHECK(all.size() == published.size());
  for (const auto& [name, parameters] : published) {
    INFO(name);
    CHECK(named(all, name).parameters() == parameters);
  }
}

TEST_CASE("a model is known by its shapes, and by all of them") {
  const auto all = models();
  for (const KnownModel& m : all) {
    INFO(m.name);
    const KnownPackage package(m, DType::f16, no_panels);
    CHECK(detect(all, m.architecture, package) == &m);
    CHECK(detect(all, "another", package) == nullptr);
    for (const std::string& key : m.shape_keys) {
      const auto value = std::get<int64_t>(m.config.at(key));
      CHECK(detect(all, m.architecture, Changed(package, key, value + 1)) == nullptr);
    }
    // What follows from the rest may be left out.
    const bool usual = m.architecture != "gpt2" && std::get<int64_t>(m.config.at("head_dim")) *
                                                           std::get<int64_t>(m.config.at("num_attention_heads")) ==
                                                       std::get<int64_t>(m.config.at("hidden_size"));
    if (usual) CHECK(detect(all, m.architecture, Changed(package, "head_dim", std::nullopt)) == &m);
    if (m.architecture != "gpt2")
      CHECK(detect(all, m.architecture, Changed(package, "vocab_size", std::nullopt)) == nullptr);
  }
  CHECK(detect(all, "llama", no_package()) == nullptr);
}

TEST_CASE("a package of a known model has the bytes of its types") {
  const auto all = models();
  const KnownModel& m = named(all, "Llama 3.2 1B");
  CHECK(KnownPackage(m, DType::f16, no_panels).bytes() == 2 * m.parameters());
  const KnownPackage q8(m, DType::q8_0, no_panels);
  const uint64_t vectors = (2 * 16 + 1) * 2048;
  CHECK(q8.bytes() == (m.parameters() - vectors) / 32 * 34 + 2 * vectors);
  CHECK(q8.find_tensor("model.norm.weight")->dtype == DType::f16);
  CHECK(q8.find_tensor("model.embed_tokens.weight")->dtype == DType::q8_0);
  CHECK_FALSE(q8.find_tensor("lm_head.weight"));
  CHECK(KnownPackage(named(all, "Llama 3.1 8B"), DType::f16, no_panels).find_tensor("lm_head.weight"));
  // Rows of 896 do not divide into blocks of 256.
  const KnownPackage q4(named(all, "Qwen2.5 0.5B"), DType::q4_k, no_panels);
  CHECK(q4.find_tensor("model.layers.3.mlp.gate_proj.weight")->dtype == DType::f16);
  CHECK(q4.find_tensor("model.layers.3.mlp.down_proj.weight")->dtype == DType::q4_k);
}
