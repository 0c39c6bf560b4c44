// examples/llama-batch.graph: an answer has the bits it has alone.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

using Prompts = std::vector<std::vector<int32_t>>;

// Three prompts of different lengths out of a tale.
Prompts prompts() {
  const std::vector<int32_t> tale = Reference("storyteller").ids("greedy_ids");
  return {{tale.begin(), tale.begin() + 15}, {tale.begin() + 20, tale.begin() + 24}, {tale.begin() + 30, tale.end()}};
}

// A row each, -1 behind the shorter ones.
void set_prompts(Session& session, const Prompts& list) {
  size_t width = 0;
  for (const auto& p : list) width = std::max(width, p.size());
  std::vector<int32_t> flat;
  for (const auto& p : list) {
    flat.insert(flat.end(), p.begin(), p.end());
    flat.resize(flat.size() + width - p.size(), -1);
  }
  set(session, "tokens",
      TensorView::dense(flat.data(), DType::i32, {static_cast<int64_t>(list.size()), static_cast<int64_t>(width)}));
}

}  // namespace

TEST_CASE("llama-batch: each row has the logits of its prompt alone in llama.graph, bit for bit") {
  constexpr int kSteps = 6;
  const Prompts list = prompts();
  SessionOptions options;
  options.entry = "answer";
  const auto batch = open_session("tests/models/graphs/llama_batch_logits.graph", package_of("storyteller"), options);
  set(*batch, "max_new_tokens", std::to_string(kSteps));
  set_prompts(*batch, list);
  const auto together = step(*batch);
  REQUIRE(together.size() == kSteps);

  const auto session = open_llama("storyteller");
  for (size_t b = 0; b < list.size(); ++b) {
    std::vector<Emitted> alone = answer(*session, list[b], 64, kSteps - 1);
    std::erase_if(alone, [](const Emitted& e) { return e.name != "logits"; });
    REQUIRE(alone.size() == kSteps);
    for (size_t i = 0; i < kSteps; ++i) {
      const auto row = static_cast<int64_t>(b);
      const TensorView mine = rows(together[i].value.view(), row, row + 1);
      INFO("row " << b << ", token " << i);
      CHECK(std::memcmp(mine.data, alone[i].value.data(), alone[i].value.bytes().size()) == 0);
    }
  }
}

TEST_CASE("llama-batch: each row says what llama.graph says with its prompt and seed") {
  constexpr int kSteps = 24;
  const Prompts list = prompts();
  std::vector<uint64_t> seeds = {7, 7, 12345678901234};
  const auto batch = open_session("examples/llama-batch.graph", package_of("storyteller"));
  set(*batch, "max_new_tokens", std::to_string(kSteps));
  set(*batch, "seeds", TensorView::dense(seeds.data(), DType::u64, {3}));
  set_prompts(*batch, list);
  const std::vector<int32_t> said = tokens(step(*batch), "rows");
  REQUIRE(said.size() % 3 == 0);
  REQUIRE(said.size() >= 3 * 8);

  for (size_t b = 0; b < list.size(); ++b) {
    std::vector<int32_t> row, prompt = list[b];
    for (size_t i = b; i < said.size(); i += 3)
      if (said[i] >= 0) row.push_back(said[i]);
    const auto session = open_session("examples/llama.graph", package_of("storyteller"));
    set(*session, "max_new_tokens", std::to_string(kSteps));
    set(*session, "seed", std::to_string(seeds[b]));
    set(*session, "tokens", view_of(prompt));
    INFO("row " << b);
    CHECK(row == tokens(step(*session), "next"));
  }
}
