#include "runtime/tools/logprobs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/element.h"
#include "ops/math/scalar.h"
#include "ops/schema.h"
#include "runtime/adapters/format_number.h"
#include "runtime/adapters/json_string.h"

namespace openinfer {
namespace {

bool samples(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& s) {
    return (s.op != nullptr && s.op->name == "sample") || samples(s.body) || samples(s.otherwise);
  });
}

std::string text_of(float v) { return format_element(reinterpret_cast<const std::byte*>(&v), DType::f32, 0); }

std::string quoted(const TokenLogprob& t, const Tokenizer& tokenizer) {
  return "\"" + json_escaped(tokenizer.piece(t.id)) + "\"";
}

std::string members(const TokenLogprob& t, const Tokenizer& tokenizer) {
  std::string number = text_of(t.logprob);
  if (!std::isfinite(t.logprob)) number = "\"" + number + "\"";
  return "\"id\": " + std::to_string(t.id) + ", \"text\": " + quoted(t, tokenizer) + ", \"logprob\": " + number;
}

}  // namespace

SampledToken rank_logprobs(std::span<const float> logits, int32_t chosen, size_t most) {
  // What is no number is less likely than anything, and leaves no log-probability one.
  const auto rank = [&](int32_t id) {
    const float x = logits[static_cast<size_t>(id)];
    return std::isnan(x) ? -HUGE_VALF : x;
  };
  double largest = -HUGE_VAL;
  for (const float x : logits) largest = std::isnan(x) ? largest : std::max(largest, static_cast<double>(x));
  double sum = 0;
  for (const float x : logits) sum += math::exp(static_cast<double>(x) - largest);
  const double log_sum = math::log(sum);
  const auto of = [&](int32_t id) {
    return TokenLogprob{id,
                        static_cast<float>(static_cast<double>(logits[static_cast<size_t>(id)]) - largest - log_sum)};
  };
  std::vector<int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(most, ids.size()));
  std::partial_sort(ids.begin(), end, ids.end(), [&](int32_t a, int32_t b) {
    const float x = rank(a), y = rank(b);
    return x > y || (x == y && a < b);
  });
  SampledToken token{of(chosen), {}};
  for (auto id = ids.begin(); id != end; ++id) token.top.push_back(of(*id));
  return token;
}

Result<std::unique_ptr<Logprobs>> Logprobs::create(const Program& program, size_t most) {
  if (!samples(program.steps))
    return Diagnostic(
        Code::U0001, "--logprobs is for graphs that choose tokens by op `sample`, and `" + program.name + "` has none");
  return std::unique_ptr<Logprobs>(new Logprobs(most));
}

Status Logprobs::after(RunState& state, const RunPoint& point) {
  if (point.command == kNoCommand) return {};
  const Segment& segment = point.segment();
  const Command& command = segment.commands[point.command];
  if (command.kind != CommandKind::op || command.op->name != "sample") return {};
  const auto read = [&](uint32_t slot) -> Result<HostTensor> {
    OINF_ASSIGN(const DeviceView view, state.place(point, slot));
    return state.read(view, segment.operands[slot].dtype);
  };
  OINF_ASSIGN(const HostTensor logits, read(command.in[0]));
  OINF_ASSIGN(const HostTensor chosen, read(command.out[0]));
  const int64_t rows = chosen.elements(), width = rows == 0 ? 0 : logits.elements() / rows;
  last_.clear();
  std::vector<float> row(static_cast<size_t>(width));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < width; ++i)
      row[static_cast<size_t>(i)] = load_element<float>(logits.data(), logits.dtype(), r * width + i);
    last_.push_back(
        rank_logprobs(row, static_cast<int32_t>(load_element<int64_t>(chosen.data(), chosen.dtype(), r)), most_));
  }
  return {};
}

const std::vector<SampledToken>* Logprobs::of(const TensorView& ids) const {
  const int64_t n = ids.shape.elements();
  if (n == 0 || n != static_cast<int64_t>(last_.size())) return nullptr;
  for (int64_t i = 0; i < n; ++i) {
    const auto id = load_element<int64_t>(ids.data, ids.dtype, i);
    if (id != last_[static_cast<size_t>(i)].chosen.id && id != -1) return nullptr;
  }
  return &last_;
}

std::string logprobs_json(const std::vector<SampledToken>& tokens, const Tokenizer& tokenizer) {
  std::string text = "[";
  for (const SampledToken& t : tokens) {
    text += (text.size() > 1 ? ", {" : "{") + members(t.chosen, tokenizer) + ", \"top\": [";
    for (size_t i = 0; i < t.top.size(); ++i) text += (i ? ", {" : "{") + members(t.top[i], tokenizer) + "}";
    text += "]}";
  }
  return text + "]";
}

std::string logprobs_lines(const std::vector<SampledToken>& tokens, const Tokenizer& tokenizer) {
  std::string text;
  for (const SampledToken& t : tokens) {
    text += quoted(t.chosen, tokenizer) + "  " + text_of(t.chosen.logprob) + "  |";
    for (const TokenLogprob& other : t.top) text += "  " + quoted(other, tokenizer) + "  " + text_of(other.logprob);
    text += "\n";
  }
  return text;
}

}  // namespace openinfer
