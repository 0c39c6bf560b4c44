// examples/llama-speculative.graph: a small model guesses, and the text is the large one's, whoever guesses.
#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>

#include "oinf/pack/convert.h"
#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

pack::ModelSource source(const std::string& model) {
  auto opened = pack::open_source(model_folder(model));
  REQUIRE(opened.ok());
  return std::move(*opened);
}

// Both models in one package, as the program wants them.
std::string package_of_two(const std::string& large, const std::string& draft) {
  pack::ModelSource both = source(large), small = source(draft);
  for (pack::SourceTensor& t : small.tensors) {
    t.name = "draft." + t.name;
    both.tensors.push_back(t);
  }
  for (const auto& [name, value] : small.description.sizes) both.description.sizes.emplace_back("draft_" + name, value);
  for (const auto& [name, value] : small.description.metadata)
    both.description.metadata.emplace_back("draft." + name, value);
  const std::string path = package_path(large + "+" + draft + "." + std::to_string(::getpid()));
  pack::ConvertOptions options;
  options.use_panel16 = [](std::string_view tensor) { return tensor.ends_with("_proj.weight"); };
  const auto report = pack::convert(both, both.description, options, path);
  INFO((report.ok() ? std::string() : report.error().message));
  REQUIRE(report.ok());
  return path;
}

}  // namespace

TEST_CASE("llama-speculative: the text is the large model's greedy text, whoever guesses") {
  struct Case {
    std::string large, draft;
  };
  for (const Case& c : {Case{"storyteller", "storyteller"}, Case{"llama-gqa", "llama3-rope"}}) {
    const std::string package = package_of_two(c.large, c.draft);
    SessionOptions options;
    options.sizes = {{"ctx", 256}};
    const auto session = open_session("examples/llama-speculative.graph", package, options);
    ::unlink(package.c_str());  // it stays mapped

    std::vector<int32_t> prompt = Reference(c.large).ids("input_ids");
    set(*session, "tokens", view_of(prompt));
    set(*session, "max_rounds", "6");
    std::vector<int32_t> said;
    for (const Emitted& e : step(*session)) said.push_back(*e.value.view().as<int32_t>());
    // At least one token a round; all five when the draft always agrees.
    REQUIRE(said.size() >= (c.large == c.draft ? 31 : 7));

    const std::vector<int32_t> greedy =
        tokens(answer(*open_llama(c.large), prompt, 64, static_cast<int>(said.size())), "next");
    INFO(c.large << " with " << c.draft);
    CHECK(said == greedy);
  }
}
