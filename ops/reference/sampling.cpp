// sample, repetition_penalty.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <type_traits>

#include "ops/math/scalar.h"
#include "ops/number_text.h"
#include "ops/philox.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/sampling_bounds.h"

namespace openinfer::reference {
namespace {

// Computed in f64 where the logits are f64, else in f32.
struct Draw {
  double temperature;
  int64_t top_k;
  double top_p, min_p;
};

// A logit by the temperature, as a number that falls when it falls; among equals the higher index is the lesser.
template <class V>
struct Candidate {
  using Bits = std::conditional_t<std::is_same_v<V, double>, uint64_t, uint32_t>;
  static constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  Bits order;
  uint32_t index;

  Candidate(V z, int64_t i) : index(static_cast<uint32_t>(i)) {
    const auto u = std::bit_cast<Bits>(z + V{0});  // -0 and +0 are equal
    order = u & kSign ? ~u : u | kSign;
  }
  [[nodiscard]] V value() const { return std::bit_cast<V>(order & kSign ? order & ~kSign : ~order); }
  friend bool operator>(const Candidate& a, const Candidate& b) {
    return a.order != b.order ? a.order > b.order : a.index < b.index;
  }
};

// c: the candidates in falling order; p: room for as many numbers.
template <class V>
int64_t choose(const Candidate<V>* c, V* p, int64_t n, const Draw& draw, V u) {
  const V top = c[0].value();
  if (top == std::numeric_limits<V>::infinity()) return c[0].index;
  Lanes<V> lanes;
  for (int64_t i = 0; i < n; ++i) {
    p[i] = math::exp(c[i].value() - top);
    lanes[i] += p[i];
  }
  const V sum = lanes.sum();
  for (int64_t i = 0; i < n; ++i) p[i] = p[i] / sum;
  const V share = static_cast<V>(draw.top_p);
  int64_t kept = n;
  V running = 0;
  if (share < 1) {
    for (kept = 0; kept < n && (kept == 0 || running < share); ++kept) running += p[kept];
  }
  const V least = static_cast<V>(draw.min_p) * p[0];
  int64_t last = 1;
  while (last < kept && p[last] >= least) ++last;
  V whole = 0;
  for (int64_t i = 0; i < last; ++i) whole += p[i];
  running = 0;
  for (int64_t i = 0; i < last; ++i) {
    running += p[i];
    if (running > u * whole) return c[i].index;
  }
  return c[last - 1].index;
}

template <class V>
bool draw_tokens(const KernelArgs& args, const Draw& draw) {
  constexpr V kNone = -std::numeric_limits<V>::infinity();
  const TensorView &logits = args.inputs[0], &seed = args.inputs[1], &position = args.inputs[2], &y = args.outputs[0];
  const int64_t rows = logits.shape[0], n = logits.shape[1];
  const V temperature = static_cast<V>(draw.temperature);
  auto* p = reinterpret_cast<V*>(args.scratch);
  auto* candidates = reinterpret_cast<Candidate<V>*>(p + n);
  for (int64_t r = 0; r < rows; ++r) {
    load_row(logits, r, 0, n, p);
    for (int64_t i = 0; i < n; ++i) p[i] = p[i] == p[i] ? p[i] : kNone;
    const V* top = std::max_element(p, p + n);  // the lowest index of equals
    if (n == 0 || *top == kNone)
      return args.fail(Code::R0005, "`sample`: all logits of row " + std::to_string(r) + " are -inf");
    int64_t token = top - p;
    if (temperature > 0) {
      for (int64_t i = 0; i < n; ++i) new (candidates + i) Candidate<V>(p[i] / temperature, i);
      const int64_t kept = draw.top_k > 0 ? std::min(draw.top_k, n) : n;
      if (kept < n) std::nth_element(candidates, candidates + kept, candidates + n, std::greater<>());
      std::sort(candidates, candidates + kept, std::greater<>());
      const auto key = element<uint64_t>(seed, seed.shape.rank() == 0 ? 0 : r);
      const auto counter = static_cast<uint64_t>(element<int64_t>(position, position.shape.rank() == 0 ? 0 : r));
      token = choose<V>(candidates, p, kept, draw, unit_float(philox(key, counter)[0]));
    }
    set_element(y, r, token);
  }
  return true;
}

bool sample(const KernelArgs& args) {
  const Draw draw{args.attributes[0].f, args.attributes[1].i, args.attributes[2].f, args.attributes[3].f};
  if (const std::string why =
          sampling_fault(static_cast<float>(draw.temperature), draw.top_k, static_cast<float>(draw.top_p));
      !why.empty())
    return args.fail(Code::R0005, "`sample`: " + why);
  bool done = false;
  with_real(args, [&](auto zero) { done = draw_tokens<decltype(zero)>(args, draw); });
  return done;
}

uint64_t sample_scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.inputs[0].shape[1]) * (sizeof(double) + sizeof(Candidate<double>));
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
