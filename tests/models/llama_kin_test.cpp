// Programs of Llama's kin, with Llama's weights: mistral.graph without a window and qwen2.graph without biases are
// llama.graph, token for token.
#include <unistd.h>
#include <catch2/catch.hpp>

#include "oinf/pack/convert.h"
#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const int kTokens = 30;

std::vector<int32_t> greedy(const std::string& graph, const std::string& package, const SessionOptions& options = {}) {
  std::vector<int32_t> prompt = Reference("storyteller").ids("input_ids");
  const auto session = open_session(graph, package, options);
  set(*session, "tokens", view_of(prompt));
  set(*session, "temperature", "0");
  set(*session, "max_new_tokens", std::to_string(kTokens));
  return tokens(step(*session), "next");
}

// The storyteller with biases of zero where Qwen 2 has some.
std::string package_with_biases() {
  auto source = pack::open_source(model_folder("storyteller"));
  REQUIRE(source.ok());
  static const std::vector<std::byte> zeros(1 << 16);
  std::vector<pack::SourceTensor> biases;
  for (const pack::SourceTensor& t : source->tensors)
    for (const char* which : {"q_proj", "k_proj", "v_proj"}) {
      const std::string weight = std::string(which) + ".weight";
      if (!t.name.ends_with(weight)) continue;
      pack::SourceTensor bias = t;
      bias.name.replace(bias.name.size() - 6, 6, "bias");
      bias.shape = {t.shape[0]};
      bias.data = std::span(zeros).first(static_cast<size_t>(t.shape[0]) * element_bytes(t.dtype));
      biases.push_back(bias);
    }
  REQUIRE_FALSE(biases.empty());
  source->tensors.insert(source->tensors.end(), biases.begin(), biases.end());
  const std::string path = package_path("with-biases." + std::to_string(::getpid()));
  REQUIRE(pack::convert(*source, source->description, {}, path).ok());
  return path;
}

}  // namespace

TEST_CASE("mistral and qwen2 with Llama's weights say what llama says") {
  const std::string package = package_of("storyteller");
  const std::vector<int32_t> expected = greedy("examples/llama.graph", package);
  REQUIRE(expected.size() == kTokens);
  CHECK(greedy("examples/mistral.graph", package) == expected);

  const std::string biased = package_with_biases();
  CHECK(greedy("examples/qwen2.graph", biased) == expected);
  ::unlink(biased.c_str());
}

TEST_CASE("mistral: a window that a text does not fill changes nothing, a narrow one does") {
  const std::string package = package_of("storyteller");
  const auto with_window = [&](int64_t window) {
    SessionOptions options;
    options.sizes = {{"sliding_window", window}};
    return greedy("examples/mistral.graph", package, options);
  };
  const std::vector<int32_t> expected = greedy("examples/llama.graph", package);
  CHECK(with_window(15 + kTokens) == expected);
  CHECK(with_window(4) != expected);
}
