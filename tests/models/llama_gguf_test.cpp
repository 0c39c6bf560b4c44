// examples/llama.graph on models that came as GGUF: the logits and the greedy answer of their checkpoints' references.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"
#include "tests/oinf/pack/gguf_of_checkpoint.h"

using namespace openinfer;
using namespace openinfer::testing;

TEST_CASE("llama: a model that came as GGUF gives what its checkpoint gives") {
  for (const std::string model : {"llama-gqa", "llama3-rope"}) {
    const auto checkpoint = pack::open_source(model_folder(model));
    REQUIRE(checkpoint.ok());
    const std::string gguf = package_path(model + "-source") + ".gguf", package = package_path(model + "-gguf");
    const auto bytes = GgufOfCheckpoint(*checkpoint, false).whole();
    std::ofstream(gguf, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const std::string line =
        std::string(OPENINFER_BIN_DIR) + "/oinf-pack convert '" + gguf + "' -o '" + package + "' >/dev/null";
    INFO(line);
    REQUIRE(std::system(line.c_str()) == 0);

    const Reference reference(model);
    const std::vector<int32_t> ids = reference.ids("input_ids"), all = reference.ids("greedy_ids");
    SessionOptions options;
    options.entry = "answer";
    const auto session = open_session("tests/models/graphs/llama_logits.graph", package, options);
    const auto logits = answer(*session, ids, 1, 0);
    REQUIRE(logits.size() == ids.size());
    for (size_t i = 0; i < logits.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      INFO(model << ", position " << i);
      CHECK(difference(logits[i].value.view(), rows(reference.row("logits"), at, at + 1)) <= kTolerance);
    }
    const std::vector<int32_t> expected(all.begin() + static_cast<std::ptrdiff_t>(ids.size()), all.end());
    CHECK(tokens(answer(*session, ids, 64, static_cast<int>(expected.size())), "next") == expected);
  }
}
