// sample, repetition_penalty.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ops/math/scalar.h"
#include "ops/number_text.h"
#include "ops/philox.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/sampling_bounds.h"

namespace openinfer::reference {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

struct Draw {
  float temperature;
  int64_t top_k;
  float top_p, min_p;
};

// A number that falls when the value falls, and for equal values when the index rises.
uint64_t order_key(float z, int64_t index) {
  const auto u = std::bit_cast<uint32_t>(z + 0.0f);  // -0 and +0 are equal
  const uint32_t ordered = u & 0x80000000u ? ~u : u | 0x80000000u;
  return uint64_t{ordered} << 32 | (0xFFFFFFFFu - static_cast<uint32_t>(index));
}
int64_t index_of(uint64_t key) { return static_cast<int64_t>(0xFFFFFFFFu - static_cast<uint32_t>(key)); }
float value_of(uint64_t key) {
  const auto ordered = static_cast<uint32_t>(key >> 32);
  return std::bit_cast<float>(ordered & 0x80000000u ? ordered & 0x7FFFFFFFu : ~ordered);
}

// keys: the candidates z = logit / temperature in falling order; p: room for as many numbers.
int64_t choose(const uint64_t* keys, float* p, int64_t n, const Draw& draw, float u) {
  const float top = value_of(keys[0]);
  if (top == std::numeric_limits<float>::infinity()) return index_of(keys[0]);
  Lanes<float> lanes;
  for (int64_t i = 0; i < n; ++i) {
    p[i] = math::exp(value_of(keys[i]) - top);
    lanes[i] += p[i];
  }
  const float sum = lanes.sum();
  for (int64_t i = 0; i < n; ++i) p[i] = p[i] / sum;
  int64_t kept = n;
  float running = 0;
  if (draw.top_p < 1) {
    for (kept = 0; kept < n && (kept == 0 || running < draw.top_p); ++kept) running += p[kept];
  }
  const float least = draw.min_p * p[0];
  int64_t last = 1;
  while (last < kept && p[last] >= least) ++last;
  float whole = 0;
  for (int64_t i = 0; i < last; ++i) whole += p[i];
  running = 0;
  for (int64_t i = 0; i < last; ++i) {
    running += p[i];
    if (running > u * whole) return index_of(keys[i]);
  }
  return index_of(keys[last - 1]);
}

bool sample(const KernelArgs& args) {
  const TensorView &logits = args.inputs[0], &seed = args.inputs[1], &position = args.inputs[2], &y = args.outputs[0];
  const int64_t rows = logits.shape[0], n = logits.shape[1];
  const Draw draw{static_cast<float>(args.attributes[0].f), args.attributes[1].i,
                  static_cast<float>(args.attributes[2].f), static_cast<float>(args.attributes[3].f)};
  if (const std::string why = sampling_fault(draw.temperature, draw.top_k, draw.top_p); !why.empty())
    return args.fail(Code::R0005, "`sample`: " + why);
  auto* keys = reinterpret_cast<uint64_t*>(args.scratch);
  auto* p = reinterpret_cast<float*>(keys + n);
  for (int64_t r = 0; r < rows; ++r) {
    load_row(logits, r, 0, n, p);
    for (int64_t i = 0; i < n; ++i) p[i] = p[i] == p[i] ? p[i] : kNone;
    const float* top = std::max_element(p, p + n);  // the lowest index of equals
    if (n == 0 || *top == kNone)
      return args.fail(Code::R0005, "`sample`: all logits of row " + std::to_string(r) + " are -inf");
    int64_t token = top - p;
    if (draw.temperature > 0) {
      for (int64_t i = 0; i < n; ++i) keys[i] = order_key(p[i] / draw.temperature, i);
      const int64_t kept = draw.top_k > 0 ? std::min(draw.top_k, n) : n;
      if (kept < n) std::nth_element(keys, keys + kept, keys + n, std::greater<>());
      std::sort(keys, keys + kept, std::greater<>());
      const auto key = element<uint64_t>(seed, seed.shape.rank() == 0 ? 0 : r);
      const auto counter = static_cast<uint64_t>(element<int64_t>(position, position.shape.rank() == 0 ? 0 : r));
      token = choose(keys, p, kept, draw, unit_float(philox(key, counter)[0]));
    }
    set_element(y, r, token);
  }
  return true;
}

uint64_t sample_scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.inputs[0].shape[1]) * (sizeof(uint64_t) + sizeof(float));
}

bool repetition_penalty(const KernelArgs& args) {
  const TensorView &logits = args.inputs[0], &seen = args.inputs[1], &y = args.outputs[0];
  const int64_t rows = logits.shape[0], n = logits.shape[1];
  const int64_t each = seen.shape.rank() == 2 ? seen.shape[1] : seen.shape[0];
  if (!(args.attributes[0].f > 0))
    return args.fail(Code::R0005,
                     "`repetition_penalty`: penalty " + number_text(args.attributes[0].f) + " is not above 0");
  for (int64_t i = 0; i < seen.elements(); ++i)
    if (const auto id = element<int64_t>(seen, i); id >= n)
      return args.fail(Code::R0001,
                       "`repetition_penalty`: id " + std::to_string(id) + ", logits have " + std::to_string(n));
  std::byte* done = args.scratch;
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const V penalty = static_cast<V>(args.attributes[0].f);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < n; ++i) set_element(y, r * n + i, element<V>(logits, r * n + i));
      std::fill(done, done + n, std::byte{0});
      for (int64_t i = 0; i < each; ++i) {
        const auto id = element<int64_t>(seen, seen.shape.rank() == 2 ? r * each + i : i);
        if (id < 0 || done[id] != std::byte{0}) continue;
        done[id] = std::byte{1};
        const V x = element<V>(y, r * n + id);
        set_element(y, r * n + id, x > 0 ? x / penalty : x * penalty);
      }
    }
  });
  return true;
}

uint64_t penalty_scratch(const KernelSite& site) { return static_cast<uint64_t>(site.inputs[0].shape[1]); }

const Kernel kKernels[] = {
    {"repetition_penalty", "repetition_penalty.reference", Isa::portable, nullptr, penalty_scratch, repetition_penalty},
    {"sample", "sample.reference", Isa::portable, nullptr, sample_scratch, sample},
};

}  // namespace

KernelList sampling_kernels() { return kKernels; }

}  // namespace openinfer::reference
