// Damaged values: a typed error or a tensor, never a crash (the sanitizers watch).
#include <random>

#include "runtime/adapters/input_value.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/safetensors_value.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string damaged(std::string text, std::mt19937& random) {
  for (uint_fast32_t change = 1 + random() % 3; change > 0 && !text.empty(); --change) {
    const size_t at = random() % text.size(), other = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, random() % 8);
        break;
      case 2:
        text.insert(at, text.substr(other, random() % 8));
        break;
      default:
        text[at] = "0123456789{}[](),:-e.'\""[random() % 23];
        break;
    }
  }
  return text;
}

template <class Read>
void damage(const std::string& seed, Read read) {
  std::mt19937 random(7);
  int good = 0, bad = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto result = read(damaged(seed, random));
    ++(result.ok() ? good : bad);
    if (!result.ok()) CHECK(exit_status(result.error().code) == 5);
  }
  CHECK(good > 0);
  CHECK(bad > 0);
}

}  // namespace

TEST_CASE("hostile values: .npy") {
  damage(npy_header(DType::i16, {2, 3}) + std::string(12, '\1'),
         [](const std::string& file) { return read_npy(file); });
}

TEST_CASE("hostile values: safetensors") {
  damage(*safetensors_header("x", DType::f32, {2, 3}) + std::string(24, '\1'),
         [](const std::string& file) { return read_safetensors_value(file, std::nullopt); });
}

TEST_CASE("hostile values: literals") {
  damage("[[1, -2.5e3, nan], [true, inf, 0.125]]",
         [](const std::string& text) { return parse_input_value("[" + text + "]", {"x", DType::f16, {}, {}}); });
}

TEST_CASE("hostile values: lists of texts") {
  damage(R"(["a", "b \" \u00e9", ""])",
         [](const std::string& text) { return parse_input_value("[" + text.substr(1), {"x", DType::i32, {}, 2}); });
}
