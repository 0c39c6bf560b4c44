// sample and repetition_penalty on dense f32 logits. Only the candidates are sorted, by counting digits of their
// values.
#include <cstring>

#include "ops/cpu/faults.h"
#include "ops/cpu/integers.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/reduce.h"
#include "ops/math/functions.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

constexpr float kNone = -std::numeric_limits<float>::infinity();
constexpr int kDigitBits = 11, kDigits = 1 << kDigitBits;  // three digits cover 32 bits

// `key` falls when the value falls.
struct Candidate {
  uint32_t key;
  int32_t index;
};

OINF_INLINE uint32_t key_of(float z) {
  const auto u = std::bit_cast<uint32_t>(z + 0.0f);  // -0 and +0 are equal
  return (u & 0x80000000u) != 0 ? ~u : u | 0x80000000u;
}
OINF_INLINE float value_of(uint32_t key) {
  return std::bit_cast<float>((key & 0x80000000u) != 0 ? key & 0x7FFFFFFFu : ~key);
}

// The largest value; NaN was replaced before.
float largest(const float* x, int64_t n) {
  F32 tops(kNone);
  float top = kNone;
  each_vector(n, [&](int64_t i, int count) {
    if (count == F32::kLanes) {
      tops = max(load(F32(), x + i), tops);
    } else {
      for (int j = 0; j < count; ++j) top = x[i + j] > top ? x[i + j] : top;
    }
  });
  const float wide = max_lane(tops);
  return wide > top ? wide : top;
}

// The digits of the keys, falling: the first pass sorts by the lowest.
OINF_INLINE uint32_t digit_of(uint32_t key, int pass) { return (~key >> (pass * kDigitBits)) & (kDigits - 1); }

// The candidates that may be among the first `kept` in falling order, by rising index: all whose upper digit is not
// below the one where `kept` is reached.
int64_t collect(const float* z, int64_t n, int64_t kept, uint32_t* counts, Candidate* out) {
  std::memset(counts, 0, kDigits * sizeof(uint32_t));
  for (int64_t i = 0; i < n; ++i) ++counts[digit_of(key_of(z[i]), 2)];
  uint32_t last = 0;
  for (int64_t sum = counts[0]; sum < kept; sum += counts[++last]) {
  }
  int64_t found = 0;
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t key = key_of(z[i]);
    if (digit_of(key, 2) <= last) out[found++] = {key, static_cast<int32_t>(i)};
  }
  return found;
}

// Sorts by falling key; of equals the earlier stays first. The result is in `a`; `b` is as large.
void sort_falling(Candidate* a, Candidate* b, int64_t n, uint32_t* counts) {
  for (int pass = 0; pass < 3; ++pass) {
    std::memset(counts, 0, kDigits * sizeof(uint32_t));
    for (int64_t i = 0; i < n; ++i) ++counts[digit_of(a[i].key, pass)];
    uint32_t start = 0;
    for (int d = 0; d < kDigits; ++d) {
      const uint32_t count = counts[d];
      counts[d] = start;
      start += count;
    }
    for (int64_t i = 0; i < n; ++i) b[counts[digit_of(a[i].key, pass)]++] = a[i];
    Candidate* other = a;
    a = b;
    b = other;
  }
  std::memcpy(b, a, static_cast<size_t>(n) * sizeof(Candidate));  // after three passes the result is in the second
}

struct Draw {
  float temperature, top_p, min_p;
  int64_t top_k;
};

// c: n candidates in falling order; p: room for as many numbers; u in [0, 1).
int64_t choose(const Candidate* c, float* p, int64_t n, const Draw& draw, float u) {
  const float top = value_of(c[0].key);
  if (top == std::numeric_limits<float>::infinity()) return c[0].index;
  for (int64_t i = 0; i < n; ++i) p[i] = value_of(c[i].key);
  const F32 highest(top);
  const F32 sum(sum_in_lanes(n, [&](F32 lane, int64_t i, int count) {
    store_some(p + i, math::exp(load_some(p + i, count) - highest), count);
    return lane + load_some(p + i, count);  // read back: zeros beyond the row
  }));
  each_vector(n, [&](int64_t i, int count) { store_some(p + i, load_some(p + i, count) / sum, count); });
  int64_t kept = n;
  float running = 0;
  if (draw.top_p < 1)
    for (kept = 0; kept < n && (kept == 0 || running < draw.top_p); ++kept) running += p[kept];
  const float least = draw.min_p * p[0];
  int64_t last = 1;
  while (last < kept && p[last] >= least) ++last;
  float whole = 0;
  for (int64_t i = 0; i < last; ++i) whole += p[i];
  running = 0;
  for (int64_t i = 0; i < last; ++i) {
    running += p[i];
    if (running > u * whole) return c[i].index;
  }
  return c[last - 1].index;
}

bool sample_supports(const KernelSite& site) {
  const KernelOperand &seed = site.inputs[1], &position = site.inputs[2];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::i32) && seed.dtype == DType::u64 &&
         seed.contiguous && is_plain_integer(position.dtype) && position.contiguous;
}

uint64_t sample_scratch(const KernelSite& site) {
  return (static_cast<uint64_t>(last_axis(site.inputs[0].shape)) + 16) * (2 * sizeof(Candidate) + sizeof(float)) +
         kDigits * sizeof(uint32_t);
}

bool sample(const KernelArgs& args) {
  if (!check_sampling(args)) return false;
  const TensorView &logits = args.inputs[0], &seed = args.inputs[1], &position = args.inputs[2], &y = args.outputs[0];
  const int64_t rows = logits.shape[0], n = logits.shape[1];
  const Draw draw{static_cast<float>(args.attributes[0].f), static_cast<float>(args.attributes[2].f),
                  static_cast<float>(args.attributes[3].f), args.attributes[1].i};
  auto* counts = reinterpret_cast<uint32_t*>(args.scratch);
  auto* first = reinterpret_cast<Candidate*>(counts + kDigits);
  Candidate* second = first + n;
  auto* z = reinterpret_cast<float*>(second + n);
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = logits.as<const float>() + r * n;
    each_vector(n, [&](int64_t i, int count) {
      const F32 x = load_some(row + i, count);
      store_some(z + i, select(x == x, x, F32(kNone)), count);
    });
    const float top = largest(z, n);
    if (top == kNone) return no_logit(args, r);
    int64_t token = 0;
    if (draw.temperature > 0) {
      const F32 temperature(draw.temperature);
      each_vector(n, [&](int64_t i, int count) { store_some(z + i, load_some(z + i, count) / temperature, count); });
      const int64_t kept = draw.top_k > 0 && draw.top_k < n ? draw.top_k : n;
      sort_falling(first, second, collect(z, n, kept, counts, first), counts);
      const auto key = static_cast<uint64_t>(integer_at(seed, seed.shape.rank() == 0 ? 0 : r));
      const auto counter = static_cast<uint64_t>(integer_at(position, position.shape.rank() == 0 ? 0 : r));
      token = choose(first, z, kept, draw, random_unit(key, counter));
    } else {
      while (z[token] != top) ++token;
    }
    y.as<int32_t>()[r] = static_cast<int32_t>(token);
  }
  return true;
}

bool penalty_supports(const KernelSite& site) {
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) &&
         is_plain_integer(site.inputs[1].dtype) && site.inputs[1].contiguous;
}

uint64_t penalty_scratch(const KernelSite& site) { return static_cast<uint64_t>(last_axis(site.inputs[0].shape)); }

bool repetition_penalty(const KernelArgs& args) {
  if (!check_penalty(args)) return false;
  const TensorView &logits = args.inputs[0], &seen = args.inputs[1], &y = args.outputs[0];
  const int64_t rows = logits.shape[0], n = logits.shape[1], each = last_axis(seen.shape);
  const auto penalty = static_cast<float>(args.attributes[0].f);
  for (int64_t r = 0; r < rows; ++r) {
    const float* x = logits.as<const float>() + r * n;
    float* to = y.as<float>() + r * n;
    each_vector(n, [&](int64_t i, int count) { store_some(to + i, canonical(load_some(x + i, count)), count); });
    if (penalty == 1.0f) continue;  // dividing and multiplying by it changes nothing
    std::memset(args.scratch, 0, static_cast<size_t>(n));
    for (int64_t i = 0; i < each; ++i) {
      const int64_t id = integer_at(seen, seen.shape.rank() == 2 ? r * each + i : i);
      if (id < 0 || args.scratch[id] != std::byte{0}) continue;
      args.scratch[id] = std::byte{1};
      to[id] = math::canonical(to[id] > 0 ? to[id] / penalty : to[id] * penalty);
    }
  }
  return true;
}

// The place of the largest number of a row; NaN never wins over one.
bool argmax(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int64_t n = last_axis(x.shape);
  const bool first = args.attributes[2].i != 0;
  if (n == 0) return y.elements() == 0 || empty_row(args, "argmax_axis");
  args.parallel->run(y.elements(), 1 + (16 << 10) / n, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* row = x.as<const float>() + r * n;
      const float top = largest(row, n);  // leaves NaN out
      int64_t at = first ? 0 : n - 1;
      if (first) {
        while (at < n && row[at] != top) ++at;
        if (at == n) at = 0;  // nothing but NaN
      } else {
        while (at >= 0 && row[at] != top) --at;
        if (at < 0) at = n - 1;
      }
      if (y.dtype == DType::i64) {
        y.as<int64_t>()[r] = at;
      } else {
        y.as<int32_t>()[r] = static_cast<int32_t>(at);
      }
    }
  });
  return true;
}

bool argmax_supports(const KernelSite& site) {
  const int64_t axis = site.attributes[0].i, last = site.inputs[0].shape.rank() - 1;
  return (axis == -1 || axis == last) && is_dense(site.inputs[0], DType::f32) && site.outputs[0].contiguous;
}

constexpr Kernel kKernels[] = {
    {"argmax_axis", "argmax_axis." OINF_ISA_NAME, Isa::OINF_ISA, argmax_supports, nullptr, argmax},
    {"repetition_penalty", "repetition_penalty." OINF_ISA_NAME, Isa::OINF_ISA, penalty_supports, penalty_scratch,
     repetition_penalty},
    {"sample", "sample." OINF_ISA_NAME, Isa::OINF_ISA, sample_supports, sample_scratch, sample},
};

}  // namespace

KernelList sampling_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
