// What Whisper's programs say as text: the tokenizer comes from vocab.json where a folder has no tokenizer.json.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "runtime/adapters/text_tensor.h"
#include "tests/models/model_session.h"

using namespace openinfer;
using namespace openinfer::testing;
using nlohmann::json;

namespace {

// 16-bit mono behind the 44 bytes of the header.
void set_wave(Session& session, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() > 44);
  std::vector<float> wave((bytes.size() - 44) / 2);
  for (size_t i = 0; i < wave.size(); ++i) {
    int16_t v = 0;
    std::memcpy(&v, bytes.data() + 44 + 2 * i, 2);
    wave[i] = static_cast<float>(v) / 32768.0F;
  }
  set(session, "wave", TensorView::dense(wave.data(), DType::f32, {static_cast<int64_t>(wave.size())}));
}

// The parity model, whose weights are random, with the tokens that times need: 0.00 s … 11.58 s are 21 … 599.
std::string package_with_times() {
  namespace fs = std::filesystem;
  const fs::path folder = package_path("whisper-with-times.folder");
  fs::remove_all(folder);
  fs::copy(model_folder("whisper"), folder);
  json vocabulary, added;
  const std::map<int, std::string> special = {
      {1, "<|startoftranscript|>"}, {2, "<|endoftext|>"},   {3, "<|en|>"},
      {10, "<|translate|>"},        {11, "<|transcribe|>"}, {20, "<|notimestamps|>"}};
  for (int id = 0; id < 600; ++id)
    if (!special.contains(id)) vocabulary["t" + std::to_string(id)] = id;
  for (const auto& [id, content] : special) added[std::to_string(id)] = {{"content", content}, {"special", true}};
  std::ofstream(folder / "vocab.json") << vocabulary;
  std::ofstream(folder / "tokenizer_config.json")
      << json{{"tokenizer_class", "WhisperTokenizer"}, {"added_tokens_decoder", added}};
  std::ofstream(folder / "generation_config.json")
      << json{{"task_to_id", {{"translate", 10}, {"transcribe", 11}}}, {"no_timestamps_token_id", 20}};
  const std::string package = package_path("whisper-with-times");
  const std::string line =
      std::string(OPENINFER_BIN_DIR) + "/oinf-pack convert '" + folder.string() + "' -o '" + package + "' >/dev/null";
  REQUIRE(std::system(line.c_str()) == 0);
  return package;
}

}  // namespace

TEST_CASE("whisper: a sound gives text, with the prompt that the graph has by itself") {
  std::ifstream file(model_folder("digits-whisper") + "/wav/labels.json");
  const auto labels = json::parse(file);
  const auto session = open_session("", package_of("digits-whisper"));
  CHECK(session->missing() == std::vector<std::string>{"wave"});
  for (const char* wav : {"00.wav", "07.wav"}) {
    set_wave(*session, model_folder("digits-whisper") + "/wav/" + wav);
    TextStreams text(*session->model().tokenizer(), false);
    std::string heard;
    REQUIRE(session
                ->step([&](const Emission& e) {
                  const auto pieces = text.push(e.value);
                  if (pieces) heard += (*pieces)[0];
                  return pieces.ok();
                })
                .ok());
    CHECK(heard == " " + labels[wav].get<std::string>());
  }
}

TEST_CASE("whisper-timestamps: sentences come with times that never go back") {
  const auto session = open_session("examples/whisper-timestamps.graph", package_with_times());
  std::vector<float> wave(150000);
  for (size_t i = 0; i < wave.size(); ++i) {
    const double t = static_cast<double>(i);
    wave[i] = static_cast<float>(0.3 * std::sin(t * 0.05 + t * t / 9e6));
  }
  set(*session, "wave", TensorView::dense(wave.data(), DType::f32, {static_cast<int64_t>(wave.size())}));
  const auto emitted = step(*session);
  REQUIRE(emitted.size() >= 6);
  REQUIRE(emitted.size() % 3 == 0);
  const auto seconds = [&](size_t i) { return *emitted[i].value.view().as<float>(); };
  float before = 0;
  for (size_t i = 0; i < emitted.size(); i += 3) {
    CHECK(emitted[i].name == "starts");
    CHECK(emitted[i + 1].name == "ends");
    CHECK(seconds(i) >= before);
    CHECK(seconds(i + 1) >= seconds(i));
    before = seconds(i + 1);
    const TensorView line = emitted[i + 2].value.view();
    CHECK(line.shape.elements() > 0);
    for (int64_t k = 0; k < line.shape.elements(); ++k) CHECK(line.as<int32_t>()[k] < 20);  // a sentence holds no times
  }
  // The language that was heard is not the caller's word: naming one changes what is said before the sound.
  REQUIRE(session->set_text("language", {"<|en|>"}).ok());
  CHECK(step(*session).size() >= 3);
}
