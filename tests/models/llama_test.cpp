// examples/llama.graph, unchanged, on three models of its architecture: grouped heads, tied and untied output
// embeddings, f16 and bf16, plain and Llama 3's rotary frequencies.
#include <catch2/catch.hpp>

#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::vector<std::string> kModels = {"storyteller", "llama-gqa", "llama3-rope"};

// The logits behind each piece of `ids`.
std::vector<Emitted> read_in_pieces(Session& session, std::vector<int32_t> ids, int piece) {
  return answer(session, std::move(ids), piece, 0);
}

}  // namespace

TEST_CASE("llama: the logits of every position of a prompt are the reference's") {
  for (const std::string& model : kModels) {
    const Reference reference(model);
    const std::vector<int32_t> ids = reference.ids("input_ids");
    const TensorView expected = reference.row("logits");
    const auto session = open_llama(model);
    const auto logits = read_in_pieces(*session, ids, 1);
    REQUIRE(logits.size() == ids.size());
    for (size_t i = 0; i < logits.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      INFO(model << ", position " << i);
      CHECK(difference(logits[i].value.view(), rows(expected, at, at + 1)) <= kTolerance);
    }
  }
}

TEST_CASE("llama: a prompt read whole, in pieces or token by token gives the same bits") {
  for (const std::string& model : kModels) {
    const Reference reference(model);
    const std::vector<int32_t> ids = reference.ids("input_ids");
    const auto session = open_llama(model);
    const auto one_by_one = read_in_pieces(*session, ids, 1);
    for (const int piece : {2, 3, 7, 64}) {
      const auto logits = read_in_pieces(*session, ids, piece);
      REQUIRE(logits.size() == (ids.size() + static_cast<size_t>(piece) - 1) / static_cast<size_t>(piece));
      for (size_t i = 0; i < logits.size(); ++i) {
        const size_t end = std::min((i + 1) * static_cast<size_t>(piece), ids.size());
        INFO(model << ", pieces of " << piece << ", " << end << " tokens");
        CHECK(same_bits(logits[i].value, one_by_one[end - 1].value));
      }
    }
    for (size_t n = 1; n <= ids.size(); n += n < 20 ? 1 : 9) {
      const auto whole =
          read_in_pieces(*session, {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n)}, static_cast<int>(n));
      INFO(model << ", " << n << " tokens at once");
      REQUIRE(whole.size() == 1);
      CHECK(same_bits(whole[0].value, one_by_one[n - 1].value));
    }
  }
}

TEST_CASE("llama: the greedy answer is the reference's") {
  for (const std::string& model : kModels) {
    const Reference reference(model);
    const std::vector<int32_t> ids = reference.ids("input_ids");
    const std::vector<int32_t> all = reference.ids("greedy_ids");
    REQUIRE(all.size() > ids.size());
    const std::vector<int32_t> expected(all.begin() + static_cast<std::ptrdiff_t>(ids.size()), all.end());
    const auto session = open_llama(model);
    INFO(model);
    CHECK(tokens(answer(*session, ids, 64, static_cast<int>(expected.size())), "next") == expected);
  }
}

TEST_CASE("llama: the program that the package carries tells the reference's tale up to its end") {
  const Reference reference("storyteller");
  std::vector<int32_t> ids = reference.ids("input_ids");
  const std::vector<int32_t> all = reference.ids("greedy_ids");
  const auto session = open_session("", package_of("storyteller"));
  set(*session, "temperature", "0");
  set(*session, "max_new_tokens", "20");
  std::vector<int32_t> said = ids;
  // Turn by turn, as a chat goes: each step reads what the one before has said from the caches.
  while (said.size() + 20 <= all.size()) {
    set(*session, "tokens", view_of(said));
    const std::vector<int32_t> next = tokens(step(*session), "next");
    REQUIRE_FALSE(next.empty());
    said.insert(said.end(), next.begin(), next.end());
    if (next.size() < 20) break;
  }
  REQUIRE(said.size() > ids.size());
  CHECK(said == std::vector<int32_t>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(said.size())));
}
