// examples/qwen2.graph, qwen3.graph, mistral.graph and gpt2.graph on small models (make_small_models.py), from a
// Hugging Face folder and from a GGUF: logits and greedy answers are those of a computation in float64.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"
#include "tests/oinf/pack/gguf_of_checkpoint.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

constexpr const char* kFamilies[] = {"qwen2", "qwen3", "mistral", "gpt2"};

std::unique_ptr<Session> open_family(const std::string& family, const std::string& package) {
  SessionOptions options;
  options.entry = "answer";
  return open_session("tests/models/graphs/" + family + "_logits.graph", package, options);
}

// A GGUF has the same weights, but for vectors, which it holds in f32.
std::string package_from_gguf(const std::string& family) {
  const auto checkpoint = pack::open_source(model_folder(family + "-small"));
  REQUIRE(checkpoint.ok());
  const std::string gguf = package_path(family + "-small-source") + ".gguf";
  const auto bytes = GgufOfCheckpoint(*checkpoint, false).whole();
  std::ofstream(gguf, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const std::string package = package_path(family + "-small-gguf");
  const std::string line = std::string(OPENINFER_BIN_DIR) + "/oinf-pack convert '" + gguf + "' -o '" + package +
                           "' --graph '" OPENINFER_SOURCE_DIR "/examples/" + family + ".graph' >/dev/null";
  INFO(line);
  REQUIRE(std::system(line.c_str()) == 0);
  return package;
}

void check(const std::string& family, const std::string& package) {
  const Reference reference(family + "-small");
  const std::vector<int32_t> ids = reference.ids("input_ids"), all = reference.ids("greedy_ids");
  const auto session = open_family(family, package);
  const auto one_by_one = answer(*session, ids, 1, 0);
  REQUIRE(one_by_one.size() == ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    INFO(family << ", position " << i);
    CHECK(difference(one_by_one[i].value.view(), rows(reference.row("logits"), at, at + 1)) <= kTolerance);
  }
  for (const int piece : {2, 7, 64}) {
    INFO(family << ", in pieces of " << piece);
    CHECK(same_bits(answer(*session, ids, piece, 0).back().value, one_by_one.back().value));
  }
  const std::vector<int32_t> expected(all.begin() + static_cast<std::ptrdiff_t>(ids.size()), all.end());
  CHECK(tokens(answer(*session, ids, 64, static_cast<int>(expected.size())), "next") == expected);
}

}  // namespace

TEST_CASE("qwen2, qwen3, mistral and gpt2 give the reference's logits and answers") {
  for (const std::string family : kFamilies) check(family, package_of(family + "-small"));
}

TEST_CASE("qwen2, qwen3, mistral and gpt2 give the same from a GGUF") {
  for (const std::string family : kFamilies) check(family, package_from_gguf(family));
}
