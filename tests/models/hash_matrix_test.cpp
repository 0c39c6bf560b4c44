// One hash for a model's results, over instruction sets, numbers of threads, and ways to cut prompts and batches.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <optional>

#include "oinf/checksum.h"
#include "tests/models/llama_logits.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Limits what new sessions use, until it goes.
class OnlyIsa {
 public:
  explicit OnlyIsa(std::string_view isa) {
    if (const char* before = std::getenv("OINF_ISA")) before_ = before;
    ::setenv("OINF_ISA", std::string(isa).c_str(), 1);
  }
  ~OnlyIsa() {
    if (before_)
      ::setenv("OINF_ISA", before_->c_str(), 1);
    else
      ::unsetenv("OINF_ISA");
  }
  OnlyIsa(const OnlyIsa&) = delete;
  OnlyIsa& operator=(const OnlyIsa&) = delete;

 private:
  std::optional<std::string> before_;
};

// What this machine has, portable always.
std::vector<std::string> isas() {
  std::vector<std::string> list;
  for (const char* isa : {"portable", "avx2", "avx512", "avx512vnni", "neon"}) {
    const OnlyIsa only(isa);
    if (detect_isa()) list.emplace_back(isa);
  }
  return list;
}

class Matrix {
 public:
  explicit Matrix(std::string name) : name_(std::move(name)) {}
  ~Matrix() {
    INFO(name_);
    CHECK(results_ >= 2);
    CHECK(places_.size() == 1);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  // The results of a run at `place`, from `begin` on.
  void add(const std::string& place, const std::vector<Emitted>& results, size_t begin = 0) {
    REQUIRE(begin < results.size());
    ChecksumStream sum;
    for (size_t i = begin; i < results.size(); ++i) {
      REQUIRE_FALSE(results[i].value.bytes().empty());
      sum.update(results[i].value.bytes());
    }
    const std::string hash = hex(sum.digest());
    places_.emplace(hash, place);
    INFO(name_ << ": " << place << " has the hash " << hash << ", " << places_.begin()->second << " has "
               << places_.begin()->first);
    CHECK(places_.size() == 1);
    ++results_;
  }

 private:
  std::string name_;
  std::map<std::string, std::string> places_;  // a hash to where it was met first
  int results_ = 0;
};

// Calls run(place, threads) for every instruction set and number of threads.
template <class Run>
void everywhere(const Run& run) {
  const std::vector<std::string> list = isas();
  REQUIRE_FALSE(list.empty());
  for (const std::string& isa : list) {
    const OnlyIsa only(isa);
    for (const int threads : {1, 2, 3}) run(isa + ", " + std::to_string(threads) + " threads", threads);
  }
}

}  // namespace

TEST_CASE("hash matrix: language models, with the prompt whole, in chunks and token by token") {
  constexpr int kAnswer = 6;
  for (const std::string model : {"storyteller", "llama-gqa", "llama3-rope"}) {
    const std::vector<int32_t> prompt = Reference(model).ids("input_ids");
    Matrix matrix(model);
    everywhere([&](const std::string& place, int threads) {
      const auto session = open_llama(model, threads);
      for (const int piece : {static_cast<int>(prompt.size()), 7, 1}) {
        const auto results = answer(*session, prompt, piece, kAnswer);
        // The logits behind the whole prompt, and the answer.
        matrix.add(place + ", pieces of " + std::to_string(piece), results, results.size() - 1 - 2 * kAnswer);
      }
    });
  }
}

TEST_CASE("hash matrix: digits, in batches of 1, 3 and 8") {
  const Reference reference("digits-vit");
  Matrix matrix("digits-vit");
  everywhere([&](const std::string& place, int threads) {
    SessionOptions options;
    options.threads = threads;
    const auto session = open_session("examples/vit.graph", package_of("digits-vit"), options);
    for (const int64_t batch : {1, 3, 8}) {
      std::vector<Emitted> results;
      for (int64_t begin = 0; begin < 8; begin += batch) {
        const int64_t end = std::min<int64_t>(begin + batch, 8);
        set(*session, "pixels", rows(reference.view("pixel_values"), begin, end));
        for (Emitted& e : step(*session)) results.push_back(std::move(e));
      }
      matrix.add(place + ", batches of " + std::to_string(batch), results);
    }
  });
}

TEST_CASE("hash matrix: pictures, texts and sounds") {
  const Reference bert("bert-base-like"), clip("clip-text"), vit("vit-rgb"), whisper("digits-whisper");
  std::vector<int32_t> bert_ids = bert.ids("input_ids"), clip_ids = clip.ids("input_ids"),
                       words = whisper.ids("decoder_input_ids");
  for (size_t i = 0; i < bert_ids.size(); ++i)
    if (bert.ids("attention_mask")[i] == 0) bert_ids[i] = -1;
  Matrix of_bert("bert"), of_clip("clip_text"), of_vit("vit"), of_whisper("whisper"), of_sound("log_mel");
  everywhere([&](const std::string& place, int threads) {
    SessionOptions options;
    options.threads = threads;
    const auto run = [&](Matrix& matrix, const std::string& graph, const std::string& package,
                         const std::vector<std::pair<std::string, TensorView>>& inputs) {
      const auto session = open_session(graph, package, options);
      for (const auto& [name, value] : inputs) set(*session, name, value);
      matrix.add(place, step(*session));
    };
    run(of_bert, "examples/bert.graph", package_of("bert-base-like"),
        {{"tokens", TensorView::dense(bert_ids.data(), DType::i32, bert.view("input_ids").shape)}});
    run(of_clip, "examples/clip_text.graph", package_of("clip-text"),
        {{"tokens", TensorView::dense(clip_ids.data(), DType::i32, clip.view("input_ids").shape)}});
    run(of_vit, "examples/vit.graph", package_of("vit-rgb"), {{"pixels", vit.view("pixel_values")}});
    int32_t piece = 4;
    run(of_whisper, "tests/models/graphs/whisper_parts.graph", package_of("digits-whisper"),
        {{"mel", whisper.row("log_mel")},
         {"ids", view_of(words)},
         {"piece", TensorView::dense(&piece, DType::i32, {})}});
    TensorView wave = whisper.view("waveform");
    wave.shape[0] = 14240;  // whole hops
    run(of_sound, "tests/models/graphs/log_mel.graph", "", {{"wave", wave}});
  });
}
