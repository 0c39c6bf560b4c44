// --logprobs: how likely the tokens were that a run chose, and what it might have said instead. What op `sample` is
// given counts, so after a repetition penalty and before temperature, top_k and the like: log softmax, in f64 in rising
// order of the ids, rounded to f32.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ir/program.h"
#include "oinf/text/tokenizer.h"
#include "runtime/observer.h"

namespace openinfer {

struct TokenLogprob {
  int32_t id = 0;
  float logprob = 0;
};
struct SampledToken {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;  // the likeliest first; of equals the smaller id
};

// One row of logits, of which not all are −inf; chosen: below logits.size().
[[nodiscard]] SampledToken rank_logprobs(std::span<const float> logits, int32_t chosen, size_t most);

class Logprobs final : public RunObserver {
 public:
  // U0001 when nothing in the program samples.
  static Result<std::unique_ptr<Logprobs>> create(const Program& program, size_t most);

  [[nodiscard]] bool stepwise() const override { return true; }
  Status after(RunState& state, const RunPoint& point) override;
  // When these ids are the ones that were sampled last (−1: a row that has ended), one entry a row, else nullptr.
  [[nodiscard]] const std::vector<SampledToken>* of(const TensorView& ids) const;

 private:
  explicit Logprobs(size_t most) : most_(most) {}
  size_t most_;
  std::vector<SampledToken> last_;
};

// [{"id": 262, "text": " and", "logprob": -0.25, "top": [{"id": …, "text": …, "logprob": …}, …]}, …]
[[nodiscard]] std::string logprobs_json(const std::vector<SampledToken>& tokens, const Tokenizer& tokenizer);
// A line a token: its text in quotes and its log-probability, then those of the likeliest.
[[nodiscard]] std::string logprobs_lines(const std::vector<SampledToken>& tokens, const Tokenizer& tokenizer);

}  // namespace openinfer
