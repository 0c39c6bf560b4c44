// examples/vit.graph on a model of grey digits and on one of coloured pictures.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::string kGraph = "examples/vit.graph";

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

TEST_CASE("vit: digits are read") {
  const Reference reference("digits-vit");
  const TensorView bytes = reference.view("pixel_u8");
  const auto* label = reference.view("labels").as<int64_t>();
  auto pixels = HostTensor::zeros(DType::f32, bytes.shape);
  REQUIRE(pixels.ok());
  // As preprocessor_config.json says.
  for (int64_t i = 0; i < bytes.elements(); ++i)
    pixels->view().as<float>()[i] = (static_cast<float>(bytes.as<uint8_t>()[i]) / 255.0f - 0.5f) / 0.5f;
  REQUIRE(difference(rows(pixels->view(), 0, 32), reference.view("pixel_values")) < 1e-6);
  const auto session = open_session(kGraph, package_of("digits-vit"));
  int64_t right = 0;
  for (int64_t begin = 0; begin < 256; begin += 64) {
    const HostTensor logits = logits_of(*session, rows(pixels->view(), begin, begin + 64));
    for (int64_t i = 0; i < 64; ++i) {
      const float* row = logits.view().as<float>() + i * 10;
      right += std::max_element(row, row + 10) - row == label[begin + i];
    }
  }
  CHECK(right == 254);  // the same on every machine
}
