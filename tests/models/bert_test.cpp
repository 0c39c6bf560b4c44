// examples/bert.graph: texts of different lengths side by side.
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

HostTensor logits_of(Session& session) {
  const auto emitted = step(session);
  REQUIRE(emitted.size() == 1);
  auto logits = session.read("logits");
  REQUIRE(logits.ok());
  return std::move(*logits);
}

struct Texts {
  Reference reference{"bert-base-like"};
  std::vector<int32_t> ids = reference.ids("input_ids"), types = reference.ids("token_type_ids"),
                       mask = reference.ids("attention_mask");
  Shape shape = reference.view("input_ids").shape;
  std::unique_ptr<Session> session = open_session("examples/bert.graph", package_of("bert-base-like"));

  Texts() { set(*session, "types", TensorView::dense(types.data(), DType::i32, shape)); }
};

}  // namespace

TEST_CASE("bert: the logits of masked texts are the reference's") {
  Texts t;
  std::vector<char> real(t.mask.begin(), t.mask.end());
  REQUIRE(std::count(real.begin(), real.end(), 0) > 0);
  set(*t.session, "tokens", TensorView::dense(t.ids.data(), DType::i32, t.shape));
  set(*t.session, "mask", TensorView::dense(real.data(), DType::boolean, t.shape));
  CHECK(difference(logits_of(*t.session).view(), t.reference.view("logits")) <= kTolerance);
}

TEST_CASE("bert: -1 fills short texts as the mask hides them, bit for bit, and as if they stood alone") {
  Texts t;
  std::vector<int32_t> filled = t.ids;
  for (size_t i = 0; i < filled.size(); ++i)
    if (t.mask[i] == 0) filled[i] = -1;
  set(*t.session, "tokens", TensorView::dense(filled.data(), DType::i32, t.shape));
  const HostTensor logits = logits_of(*t.session);
  CHECK(difference(logits.view(), t.reference.view("logits")) <= kTolerance);

  const int64_t width = t.shape[1];
  for (int64_t b = 0; b < t.shape[0]; ++b) {
    const auto begin = static_cast<std::ptrdiff_t>(b * width);
    const int64_t length = std::count(t.mask.begin() + begin, t.mask.begin() + begin + width, 1);
    set(*t.session, "tokens", TensorView::dense(t.ids.data() + begin, DType::i32, {1, length}));
    set(*t.session, "types", TensorView::dense(t.types.data() + begin, DType::i32, {1, length}));
    const HostTensor alone = logits_of(*t.session);
    INFO("text " << b << " of " << length << " tokens");
    CHECK(difference(alone.view(), rows(t.reference.view("logits"), b, b + 1)) <= kTolerance);
    CHECK(std::equal(alone.bytes().begin(), alone.bytes().end(),
                     logits.bytes().begin() + b * static_cast<int64_t>(alone.bytes().size())));
  }
}
