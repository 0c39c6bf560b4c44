// What examples/lib/sample.graph chooses, against the rule of `sample` stated a second time, in double precision.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Word 0 of Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3).
uint32_t philox_word(uint64_t key, uint64_t counter) {
  uint64_t left = static_cast<uint32_t>(counter), right = counter >> 32, l = 0, r = 0;
  for (uint32_t round = 0; round < 10; ++round) {
    const uint64_t k0 = static_cast<uint32_t>(key) + round * 0x9E3779B9ull, k1 = (key >> 32) + round * 0xBB67AE85ull;
    const uint64_t product_0 = left * 0xD2511F53ull, product_1 = l * 0xCD9E8D57ull;
    left = static_cast<uint32_t>((product_1 >> 32) ^ right ^ k0);
    right = static_cast<uint32_t>(product_1);
    l = static_cast<uint32_t>((product_0 >> 32) ^ r ^ k1);
    r = static_cast<uint32_t>(product_0);
  }
  return static_cast<uint32_t>(left);
}

struct Settings {
  float temperature = 0.8f;
  int top_k = 40;
  float top_p = 0.95f;
  uint64_t seed = 0;
  float min_p = 0;
};

int32_t choice(const TensorView& logits, const Settings& s, uint64_t position) {
  const auto* x = logits.as<float>();
  std::vector<int32_t> order(static_cast<size_t>(logits.elements()));
  std::iota(order.begin(), order.end(), 0);
  if (s.temperature == 0) return static_cast<int32_t>(std::max_element(x, x + logits.elements()) - x);
  const auto z = [&](int32_t i) { return x[i] / s.temperature; };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return z(a) != z(b) ? z(a) > z(b) : a < b; });
  if (s.top_k > 0 && static_cast<size_t>(s.top_k) < order.size()) order.resize(static_cast<size_t>(s.top_k));
  std::vector<double> p;
  for (const int32_t i : order) p.push_back(std::exp(static_cast<double>(z(i)) - static_cast<double>(z(order[0]))));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  double reached = 0;
  size_t stay = 0;
  while (stay < p.size() && (s.top_p == 1 || stay == 0 || reached < s.top_p)) reached += p[stay++] / sum;
  while (stay > 1 && p[stay - 1] < static_cast<double>(s.min_p)) --stay;
  const double u = (philox_word(s.seed, position) >> 8) * 0x1p-24;
  const double whole = std::accumulate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(stay), 0.0);
  double running = 0;
  for (size_t i = 0; i < stay; ++i)
    if ((running += p[i]) > u * whole) return order[i];
  return order[stay - 1];
}

const int kTokens = 40;

std::vector<int32_t> say(Session& session, std::vector<int32_t> prompt, const Settings& s) {
  set(session, "temperature", std::to_string(s.temperature));
  set(session, "top_k", std::to_string(s.top_k));
  set(session, "top_p", std::to_string(s.top_p));
  set(session, "min_p", std::to_string(s.min_p));
  set(session, "seed", std::to_string(s.seed));
  set(session, "max_new_tokens", std::to_string(kTokens));
  set(session, "tokens", view_of(prompt));
  return tokens(step(session), "next");
}

}  // namespace

TEST_CASE("Philox as stated here has the published answers") { CHECK(philox_word(0, 0) == 0x6627e8d5u); }

TEST_CASE("sampled text: every token is what the rule chooses from the logits, the seed and the position") {
  const std::vector<int32_t> prompt = Reference("storyteller").ids("input_ids");
  const auto session = open_session("examples/llama.graph", package_of("storyteller"));
  const auto logits_of = open_llama("storyteller");
  for (const Settings& s : {Settings{}, Settings{1.0f, 0, 1.0f, 1}, Settings{1.5f, 0, 0.9f, 2},
                            Settings{0.5f, 5, 1.0f, 3}, Settings{1.0f, 3, 0.5f, uint64_t{1} << 40},
                            Settings{0.0f, 0, 1.0f, 4}, Settings{2.0f, 0, 1.0f, 0xFFFFFFFFFFFFFFFFull},
                            Settings{1.5f, 0, 1.0f, 5, 0.125f}, Settings{1.5f, 20, 0.9f, 6, 0.25f}}) {
    const std::vector<int32_t> said = say(*session, prompt, s);
    REQUIRE(said.size() >= 5);
    std::vector<int32_t> all = prompt;
    all.insert(all.end(), said.begin(), said.end());
    const auto logits = answer(*logits_of, all, 1, 0);
    REQUIRE(logits.size() == all.size());
    std::vector<int32_t> chosen;
    for (size_t at = prompt.size(); at < all.size(); ++at) chosen.push_back(choice(logits[at - 1].value.view(), s, at));
    INFO("temperature " << s.temperature << ", top_k " << s.top_k << ", top_p " << s.top_p << ", min_p " << s.min_p
                        << ", seed " << s.seed);
    CHECK(said == chosen);
  }
}

TEST_CASE("sampled text: a seed gives one text, and seeds give different ones") {
  const std::vector<int32_t> prompt = Reference("storyteller").ids("input_ids");
  const auto open = [] { return open_session("examples/llama.graph", package_of("storyteller")); };
  Settings s;
  s.seed = 11;
  const std::vector<int32_t> first = say(*open(), prompt, s);
  CHECK(say(*open(), prompt, s) == first);

  // The caches hold a part of the conversation, or another one: the text is the same.
  const auto session = open();
  s.seed = 12;
  CHECK(say(*session, prompt, s) != first);
  s.seed = 11;
  CHECK(say(*session, prompt, s) == first);
  std::vector<int32_t> further = prompt;
  further.insert(further.end(), first.begin(), first.begin() + 10);
  const std::vector<int32_t> rest = say(*session, further, s);
  CHECK(std::vector<int32_t>(rest.begin(), rest.begin() + (kTokens - 10)) ==
        std::vector<int32_t>(first.begin() + 10, first.end()));
}
