// examples/vit.graph on a model of grey digits and on one of coloured pictures.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::string kGraph = "examples/vit.graph";
constexpr int64_t kSide = 28;

HostTensor logits_of(Session& session, const TensorView& pixels) {
  set(session, "pixels", pixels);
  const auto emitted = step(session);
  REQUIRE(emitted.size() == 1);
  auto logits = session.read("logits");
  REQUIRE(logits.ok());
  return std::move(*logits);
}

}  // namespace

TEST_CASE("vit: the logits of pictures are the reference's") {
  for (const std::string model : {"digits-vit", "vit-rgb"}) {
    const Reference reference(model);
    const auto session = open_session(kGraph, package_of(model));
    const HostTensor logits = logits_of(*session, reference.view("pixel_values"));
    const TensorView expected = reference.view("logits");
    INFO(model);
    CHECK(logits.shape() == expected.shape);
    CHECK(difference(logits.view(), expected) <= kTolerance);
  }
}

TEST_CASE("vit: emitted are the labels' shares, which add up to 1") {
  const Reference reference("digits-vit");
  const auto session = open_session(kGraph, package_of("digits-vit"));
  set(*session, "pixels", rows(reference.view("pixel_values"), 0, 1));
  const auto emitted = step(*session);
  REQUIRE(emitted.size() == 1);
  CHECK(emitted[0].name == "chance");
  REQUIRE(emitted[0].value.shape() == Shape{1, 10});
  const auto* share = emitted[0].value.view().as<float>();
  float sum = 0;
  for (int i = 0; i < 10; ++i) sum += share[i];
  CHECK(sum == Approx(1));
  CHECK(std::max_element(share, share + 10) - share == *reference.view("labels").as<int64_t>());
}

TEST_CASE("vit: a picture file goes in, as the package says") {
  const Reference reference("digits-vit");
  const auto session = open_session(kGraph, package_of("digits-vit"));
  const std::string folder = "@" OPENINFER_SOURCE_DIR "/examples/pictures/";
  REQUIRE(session->set_value("pixels", R"([")" + folder + R"(seven.png", ")" + folder + R"(two.png"])").ok());
  REQUIRE(step(*session).size() == 1);
  const auto pixels = session->read("pixels");
  REQUIRE(pixels.ok());
  // The reference multiplies by 1/255 instead of dividing.
  CHECK(difference(pixels->view(), rows(reference.view("pixel_values"), 0, 2)) < 1e-6);
}

TEST_CASE("vit: digits are read") {
  const Reference reference("digits-vit");
  const TensorView bytes = reference.view("pixel_u8");
  const auto* label = reference.view("labels").as<int64_t>();
  const auto session = open_session(kGraph, package_of("digits-vit"));
  int64_t right = 0;
  for (int64_t begin = 0; begin < 256; begin += 64) {
    std::vector<Picture> pictures;
    for (int64_t i = begin; i < begin + 64; ++i) {
      const uint8_t* digit = bytes.as<uint8_t>() + i * kSide * kSide;
      pictures.push_back({kSide, kSide, 1, {digit, digit + kSide * kSide}});
    }
    REQUIRE(session->set_pictures("pixels", pictures).ok());
    REQUIRE(step(*session).size() == 1);
    const auto logits = session->read("logits");
    REQUIRE(logits.ok());
    for (int64_t i = 0; i < 64; ++i) {
      const float* row = logits->view().as<float>() + i * 10;
      right += std::max_element(row, row + 10) - row == label[begin + i];
    }
  }
  CHECK(right == 254);  // the same on every machine
}
