// examples/clip_text.graph: a text's vectors, and the one where it ends.
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

TEST_CASE("clip_text: the hidden state and the pooled vector are the reference's") {
  const Reference reference("clip-text");
  std::vector<int32_t> ids = reference.ids("input_ids");
  const auto session = open_session("examples/clip_text.graph", package_of("clip-text"));
  set(*session, "tokens", TensorView::dense(ids.data(), DType::i32, reference.view("input_ids").shape));
  const auto emitted = step(*session);
  REQUIRE(emitted.size() == 2);
  for (const Emitted& e : emitted) {
    INFO(e.name);
    CHECK(e.value.shape() == reference.view(e.name).shape);
    CHECK(difference(e.value.view(), reference.view(e.name)) <= kTolerance);
  }
}

TEST_CASE("clip_text: -1 behind a text changes nothing of it") {
  const Reference reference("clip-text");
  const std::vector<int32_t> ids = reference.ids("input_ids");
  const auto end = std::find(ids.begin(), ids.end(), 511);
  REQUIRE(end != ids.end());
  std::vector<int32_t> shorter(ids.begin(), end + 1), filled(ids.begin(), end + 1);
  filled.resize(ids.size(), -1);
  const auto session = open_session("examples/clip_text.graph", package_of("clip-text"));
  set(*session, "tokens", TensorView::dense(shorter.data(), DType::i32, {1, static_cast<int64_t>(shorter.size())}));
  const auto alone = step(*session);
  set(*session, "tokens", TensorView::dense(filled.data(), DType::i32, {1, static_cast<int64_t>(filled.size())}));
  const auto with_fill = step(*session);
  REQUIRE(alone[1].name == "pooler_output");
  CHECK(same_bits(alone[1].value, with_fill[1].value));
}
