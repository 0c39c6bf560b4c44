// The ops with an expression in ops.json, computed in f32 over dense operands (f32, f16, bf16) that may be broadcast.
#include "ops/generated/elementwise.h"

#include <array>
#include <type_traits>
#include <utility>

#include "ops/cpu/faults.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

constexpr int64_t kGrain = 16 << 10;

// An attribute in an expression: a number in every lane, or the index of a choice.
struct Attribute {
  const KernelAttr* attr;
  OINF_INLINE operator F32() const { return F32(static_cast<float>(attr->f)); }  // NOLINT: it stands for either
  OINF_INLINE operator int() const { return static_cast<int>(attr->i); }         // NOLINT
};

// The operands' steps over y's axes, neighbouring axes joined where all operands allow it. Along the last axis each
// operand is dense (step 1) or one element (step 0), since operands are dense.
template <size_t N>
struct Steps {
  int rank = 0;
  int64_t size[kMaxRank];
  int64_t step[kMaxRank][N];

  explicit Steps(const KernelArgs& args) {
    const Shape& y = args.outputs[0].shape;
    for (int a = 0; a < y.rank(); ++a) {
      if (y[a] == 1) continue;
      int64_t steps[N];
      bool joins = rank > 0;
      for (size_t k = 0; k < N; ++k) {
        const TensorView& in = args.inputs[k];
        const int at = a - (y.rank() - in.shape.rank());
        steps[k] = at < 0 || in.shape[at] == 1 ? 0 : in.strides[static_cast<size_t>(at)];
        joins = joins && step[rank - 1][k] == steps[k] * y[a];
      }
      if (joins) {
        size[rank - 1] *= y[a];
      } else {
        size[rank++] = y[a];
      }
      for (size_t k = 0; k < N; ++k) step[rank - 1][k] = steps[k];
    }
    if (rank == 0) {
      rank = 1;
      size[0] = 1;
      for (size_t k = 0; k < N; ++k) step[0][k] = 0;
    }
  }
};

template <class Function, size_t N, size_t M, size_t... I, size_t... A>
OINF_INLINE auto apply(const std::array<F32, N>& x, const KernelArgs& args, std::index_sequence<I...>,
                       std::index_sequence<A...>) {
  return Function{}(x[I]..., Attribute{&args.attributes[A]}...);
}

template <class Function, size_t N, size_t M>
void compute_row(const KernelArgs& args, const int64_t (&at)[N], const int64_t (&step)[N], int64_t to, int64_t count) {
  const TensorView& y = args.outputs[0];
  std::array<F32, N> x;
  x.fill(F32(0.0f));
  for (size_t k = 0; k < N; ++k)  // what does not move is widened once
    if (step[k] == 0) {
      alignas(64) float one[F32::kLanes];
      store(one, load_as_f32(args.inputs[k].data, args.inputs[k].dtype, at[k], 1));
      x[k] = F32(one[0]);
    }
  for (int64_t i = 0; i < count; i += F32::kLanes) {
    const int n = static_cast<int>(count - i < F32::kLanes ? count - i : F32::kLanes);
    for (size_t k = 0; k < N; ++k)
      if (step[k] != 0) x[k] = load_as_f32(args.inputs[k].data, args.inputs[k].dtype, at[k] + i, n);
    const F32 value = apply<Function, N, M>(x, args, std::make_index_sequence<N>{}, std::make_index_sequence<M>{});
    store_from_f32(y.data, y.dtype, to + i, value, n);
  }
}

template <class Function, size_t N, size_t M, bool kBounds>
bool run(const KernelArgs& args) {
  if (kBounds && !check_bounds(args)) return false;
  const Steps<N> steps(args);
  const int last = steps.rank - 1;
  const int64_t length = steps.size[last];
  args.parallel->run(args.outputs[0].elements(), kGrain, [&](int64_t begin, int64_t end, int) {
    while (begin < end) {
      const int64_t column = begin % length, count = end - begin < length - column ? end - begin : length - column;
      int64_t rest = begin / length, at[N];
      for (size_t k = 0; k < N; ++k) at[k] = column * steps.step[last][k];
      for (int a = last - 1; a >= 0; --a) {
        for (size_t k = 0; k < N; ++k) at[k] += rest % steps.size[a] * steps.step[a][k];
        rest /= steps.size[a];
      }
      compute_row<Function, N, M>(args, at, steps.step[last], begin, count);
      begin += count;
    }
  });
  return true;
}

bool supports(const KernelSite& site) {
  for (const KernelOperand& x : site.inputs)
    if (!x.given || !x.contiguous || x.layout != Layout::rowmajor || !is_short_float(x.dtype)) return false;
  return site.outputs[0].contiguous && is_short_float(site.outputs[0].dtype);
}

bool never(const KernelSite&) { return false; }

// Only expressions over floats whose value is a float; truth values and integers are the reference kernels'.
template <class Function, size_t N, size_t M, unsigned kKinds, bool kBounds>
constexpr Kernel kernel(std::string_view op, std::string_view name) {
  if constexpr ((kKinds & elementwise::kReal) != 0) {
    using Value =
        decltype(apply<Function, N, M>(std::declval<const std::array<F32, N>&>(), std::declval<const KernelArgs&>(),
                                       std::make_index_sequence<N>{}, std::make_index_sequence<M>{}));
    if constexpr (std::is_same_v<Value, F32>)
      return {op, name, Isa::OINF_ISA, supports, nullptr, run<Function, N, M, kBounds>};
  }
  return {op, name, Isa::OINF_ISA, never, nullptr, nullptr};
}

#define OINF_KERNEL(op, function, inputs, attributes, kinds)                                  \
  kernel<decltype([](auto... a) { return elementwise::function(a...); }), inputs, attributes, \
         [] {                                                                                 \
           using namespace elementwise;                                                       \
           return kinds;                                                                      \
         }(),                                                                                 \
         std::string_view(#op) == "clamp">(#op, #op "." OINF_ISA_NAME),

constexpr Kernel kKernels[] = {OINF_ELEMENTWISE_OPS(OINF_KERNEL)};

}  // namespace

KernelList elementwise_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
