#include "oinf/tools/graph_limits.h"

#include <catch2/catch.hpp>

using namespace openinfer;

namespace {

std::string ignored(const std::string& architecture, const std::string& name, MetaValue value) {
  PackageDescription model;
  model.architecture = architecture;
  model.metadata.emplace_back(name, std::move(value));
  return ignored_setting(model).value_or("");
}

}  // namespace

TEST_CASE("graph limits: what a program would ignore is named") {
  for (const char* key : {"rope_scaling.type", "rope_scaling.rope_type", "rope_parameters.rope_type"}) {
    for (const char* type : {"yarn", "dynamic", "longrope"})
      CHECK(ignored("llama", key, std::string(type)) == "rotary scaling `" + std::string(type) + "`");
    for (const char* type : {"default", "linear", "llama3"}) CHECK(ignored("qwen3", key, std::string(type)).empty());
  }
  CHECK(ignored("mistral", "partial_rotary_factor", 0.5) != "");
  CHECK(ignored("mistral", "partial_rotary_factor", 1.0).empty());
  CHECK(ignored("llama", "attention_bias", true) != "");
  CHECK(ignored("llama", "attention_bias", false).empty());
  CHECK(ignored("llama", "hidden_act", std::string("gelu")) == "hidden_act `gelu`");
  CHECK(ignored("qwen2", "use_sliding_window", true) == "use_sliding_window");
  CHECK(ignored("qwen2", "use_sliding_window", false).empty());
  CHECK(ignored("gpt2", "activation_function", std::string("relu")) == "activation_function `relu`");
  CHECK(ignored("gpt2", "activation_function", std::string("gelu_new")).empty());
  CHECK(ignored("bert", "hidden_act", std::string("gelu")).empty());
}
