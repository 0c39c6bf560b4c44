// examples/lib/whisper.graph in its parts: sound to spectrogram, spectrogram to features, features and words to logits.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// encoder_last_hidden_state, then the logits behind each piece of the words.
std::vector<Emitted> parts(const std::string& model, const TensorView& mel, std::vector<int32_t> ids, size_t piece) {
  const auto session = open_session("tests/models/graphs/whisper_parts.graph", package_of(model));
  set(*session, "mel", mel);
  set(*session, "ids", view_of(ids));
  set(*session, "piece", std::to_string(piece));
  return step(*session);
}

// The waveform with silence behind it to the end of the window.
HostTensor window(const TensorView& wave, int64_t samples) {
  auto all = HostTensor::zeros(DType::f32, {samples});
  REQUIRE(all.ok());
  std::memcpy(all->data(), wave.data, static_cast<size_t>(wave.elements()) * sizeof(float));
  return std::move(*all);
}

// Of a WAV file of 16 bits, one channel and a header of 44 bytes.
std::vector<float> samples(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() > 44);
  REQUIRE(bytes.substr(36, 4) == "data");
  std::vector<int16_t> raw((bytes.size() - 44) / 2);
  std::memcpy(raw.data(), bytes.data() + 44, raw.size() * 2);
  std::vector<float> wave(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) wave[i] = static_cast<float>(raw[i]) / 32768.0f;
  return wave;
}

void check_parts(const std::string& model, const std::string& features) {
  const Reference reference(model);
  const TensorView mel = reference.row(features), expected = reference.row("logits");
  const std::vector<int32_t> ids = reference.ids("decoder_input_ids");
  const auto one_by_one = parts(model, mel, ids, 1);
  REQUIRE(one_by_one.size() == ids.size() + 1);
  CHECK(difference(one_by_one[0].value.view(), reference.row("encoder_last_hidden_state")) <= kTolerance);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    INFO(model << ", word " << i);
    CHECK(difference(one_by_one[i + 1].value.view(), rows(expected, at, at + 1)) <= kTolerance);
  }
  for (size_t n = 2; n <= ids.size(); ++n) {
    const auto whole = parts(model, mel, {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n)}, n);
    INFO(model << ", " << n << " words at once");
    REQUIRE(whole.size() == 2);
    CHECK(
        std::equal(whole[1].value.bytes().begin(), whole[1].value.bytes().end(), one_by_one[n].value.bytes().begin()));
  }
}

}  // namespace

TEST_CASE("whisper: features and logits are the reference's, for words read at once and one by one") {
  check_parts("whisper", "input_features");
  check_parts("digits-whisper", "log_mel");
}

TEST_CASE("whisper: the spectrogram of a sound is the feature extractor's") {
  struct Case {
    std::string model, file;
    int64_t samples;
  };
  for (const Case& c : {Case{"whisper", "log_mel_reference.safetensors", 480000},
                        Case{"digits-whisper", "reference.safetensors", 64000}}) {
    const Reference reference(c.model, c.file);
    const auto session = open_session("tests/models/graphs/log_mel.graph", "");
    const HostTensor wave = window(reference.view("waveform"), c.samples);
    set(*session, "wave", wave.view());
    const auto emitted = step(*session);
    REQUIRE(emitted.size() == 1);
    INFO(c.model);
    CHECK(emitted[0].value.shape() == reference.row("log_mel").shape);
    // In f32 2.4e-5 of the largest value, 1.41, is what the sums over 400 samples leave.
    CHECK(difference(emitted[0].value.view(), reference.row("log_mel")) <= 2.4e-5);
  }
}

TEST_CASE("whisper: the whole program hears the digits that unknown voices speak") {
  std::ifstream file(model_folder("digits-whisper") + "/wav/labels.json");
  const auto labels = nlohmann::json::parse(file);
  REQUIRE(labels.size() == 24);
  const std::vector<std::string> names = {"zero", "one", "two",   "three", "four",
                                          "five", "six", "seven", "eight", "nine"};
  const auto session = open_session("examples/whisper.graph", package_of("digits-whisper"));
  std::vector<int32_t> prompt = {1, 2, 3, 4};  // <|startoftranscript|><|en|><|transcribe|><|notimestamps|>
  set(*session, "prompt", view_of(prompt));
  for (const auto& [wav, label] : labels.items()) {
    std::vector<float> wave = samples(model_folder("digits-whisper") + "/wav/" + wav);
    set(*session, "wave", TensorView::dense(wave.data(), DType::f32, {static_cast<int64_t>(wave.size())}));
    std::string heard;
    for (const int32_t token : tokens(step(*session), "next")) {
      REQUIRE(token >= 5);
      REQUIRE(token < 15);
      heard += (heard.empty() ? "" : " ") + names[static_cast<size_t>(token) - 5];
    }
    INFO(wav);
    CHECK(heard == label.get<std::string>());
  }
}

TEST_CASE("whisper-overlap: sound of several windows gives the text of whisper.graph") {
  std::vector<float> wave;
  for (const char* wav : {"01.wav", "03.wav", "09.wav", "11.wav"}) {
    const std::vector<float> part = samples(model_folder("digits-whisper") + "/wav/" + wav);
    wave.insert(wave.end(), part.begin(), part.end());
    wave.resize((wave.size() + 63999) / 64000 * 64000);  // each in a window of its own
  }
  wave.resize(wave.size() - 20000);  // the last window is not full
  std::vector<int32_t> prompt = {1, 2, 3, 4};
  std::vector<std::vector<int32_t>> said;
  for (const char* graph : {"examples/whisper.graph", "examples/whisper-overlap.graph"}) {
    const auto session = open_session(graph, package_of("digits-whisper"));
    set(*session, "wave", TensorView::dense(wave.data(), DType::f32, {static_cast<int64_t>(wave.size())}));
    set(*session, "prompt", view_of(prompt));
    said.push_back(tokens(step(*session), "next"));
  }
  CHECK(said[0] == std::vector<int32_t>{14, 11, 12, 6, 14, 6, 14, 12, 14, 14, 12, 14, 12, 8, 9, 8, 5, 8, 12});
  CHECK(said[1] == said[0]);
}
