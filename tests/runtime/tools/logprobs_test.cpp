// --logprobs against a computation of its own in f64.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ran.h"

using namespace openinfer::testing;

namespace {

// examples/llama.graph, which emits the logits of each token before it.
std::string with_logits() {
  std::ifstream in(OPENINFER_SOURCE_DIR "/examples/llama.graph");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto replace = [&](const std::string& what, const std::string& by) {
    const size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    text.replace(at, what.size(), by);
  };
  replace("    emit next @text;", "    emit logits;\n    emit next @text;");
  for (const char* file : {"rope", "sample"})
    replace("\"lib/" + std::string(file), "\"" OPENINFER_SOURCE_DIR "/examples/lib/" + std::string(file));
  return file_of("logits.graph", text);
}

std::string run(const std::string& options) {
  return "oinf-run " + with_logits() + " " + packed("storyteller") +
         " --prompt 'The Fox and the Crow' --set max_new_tokens=12 " + options;
}

double log_softmax(const std::vector<double>& logits, size_t id) {
  long double sum = 0;
  for (const double x : logits) sum += std::exp(static_cast<long double>(x - logits[id]));
  return static_cast<double>(-std::log(sum));
}

}  // namespace

TEST_CASE("log-probabilities are those of the logits, computed in f64, and the likeliest come first") {
  const Ran r = ran(run("--json --logprobs 7"));
  INFO(r.error);
  REQUIRE(r.status == 0);
  std::istringstream lines(r.out);
  std::vector<double> logits;
  int tokens = 0, unlikely = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object["name"] == "logits") {
      logits = object["value"][0].get<std::vector<double>>();
      continue;
    }
    REQUIRE(object["tokens"].size() == 1);
    const auto& token = object["tokens"][0];
    const auto check = [&](const nlohmann::json& t) {
      const double expected = log_softmax(logits, t["id"].get<size_t>());
      CHECK(std::abs(t["logprob"].get<double>() - expected) <= 1e-6 + 6e-8 * std::abs(expected));
    };
    check(token);
    std::vector<size_t> order(logits.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return logits[a] > logits[b] || (logits[a] == logits[b] && a < b); });
    REQUIRE(token["top"].size() == 7);
    for (size_t i = 0; i < 7; ++i) {
      CHECK(token["top"][i]["id"] == order[i]);
      check(token["top"][i]);
      if (order[i] == token["id"])
        CHECK(token["top"][i] ==
              nlohmann::json({{"id", token["id"]}, {"text", token["text"]}, {"logprob", token["logprob"]}}));
    }
    unlikely += token["id"] != order[0] ? 1 : 0;
    ++tokens;
  }
  CHECK(tokens == 12);
  CHECK(unlikely > 0);  // at temperature 0.8 some token was not the likeliest
}

TEST_CASE("log-probabilities change nothing of what is said, and do not depend on how it is computed") {
  const std::string plain =
      "oinf-run " + packed("storyteller") + " --prompt 'The Fox and the Crow' --set max_new_tokens=12 ";
  const Ran lines = ran(plain + "--logprobs 2");
  REQUIRE(lines.status == 0);
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 12);
  CHECK(ran(plain + "--logprobs 2 --threads 1").out == lines.out);
  CHECK(ran("OINF_ISA=portable " + plain + "--logprobs 2").out == lines.out);
  std::string said;
  std::istringstream objects(ran(plain + "--json --logprobs 1").out);
  for (std::string line; std::getline(objects, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object.contains("text")) said += object["text"].get<std::string>();
  }
  CHECK(said + "\n" == ran(plain).out);
  // The first of the likeliest is what temperature 0 says.
  const Ran greedy = ran(plain + "--set temperature=0 --logprobs 1");
  std::istringstream rows(greedy.out);
  for (std::string line; std::getline(rows, line);) {
    const size_t bar = line.find("  |  ");
    REQUIRE(bar != std::string::npos);
    CHECK(line.substr(0, bar) == line.substr(bar + 5));
  }
}

TEST_CASE("each row of a batch has its own, and what cannot have any is refused") {
  const Ran batch = ran("oinf-run " OPENINFER_SOURCE_DIR "/examples/llama-batch.graph " + packed("storyteller") +
                        " --input tokens='[\"The Fox\", \"A Crow and\"]' --input seeds='[1, 2]' --set max_new_tokens=3"
                        " --json --logprobs 2");
  INFO(batch.error);
  REQUIRE(batch.status == 0);
  const auto first = nlohmann::json::parse(batch.out.substr(0, batch.out.find('\n')));
  CHECK(first["tokens"].size() == 2);
  CHECK(first["tokens"][1]["top"].size() == 2);

  const auto refused = [](const std::string& line, const std::string& what) {
    const Ran r = ran(line);
    INFO(r.error);
    CHECK(r.status == 2);
    CHECK(has(r.error, what));
  };
  refused("oinf-run " + packed("digits-vit") +
              " --logprobs 3 --input pixels=@" OPENINFER_SOURCE_DIR "/examples/pictures/seven.png",
          "graphs that choose tokens by op `sample`");
  refused("oinf-run " + packed("storyteller") + " --prompt x --logprobs 0", "--logprobs takes");
  refused("oinf-run " + packed("storyteller") + " --plan --logprobs 1", "--plan does not");
}
