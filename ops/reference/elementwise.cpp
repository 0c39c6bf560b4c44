// The ops with an expression in ops.json: elements are loaded as values, the expression is applied, the result stored.
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "ops/element.h"
#include "ops/generated/elementwise.h"
#include "ops/number_text.h"
#include "ops/reference/lists.h"
#include "ops/reference/walk.h"

namespace openinfer::reference {
namespace {

constexpr int64_t kChunk = 256;

// What a value type is loaded as.
template <class V>
struct RawOf {
  using Type = decltype(V::v);
};
template <>
struct RawOf<Truth> {
  using Type = uint64_t;
};
template <>
struct RawOf<portable::Mask> {
  using Type = uint64_t;
};
template <class V>
using Raw = typename RawOf<V>::Type;

template <class V>
V value_of(Raw<V> x) {
  if constexpr (std::is_same_v<V, Truth>) {
    return {x != 0};
  } else {
    return V{x};
  }
}

// An attribute in an expression: a number in every lane, or the index of a choice.
struct Attribute {
  const KernelAttr* attr;
  template <class T>
  operator Wrap<T>() const {  // NOLINT: it stands for either
    if (!std::isfinite(attr->f)) return Wrap<T>::number(attr->f);
    // From 2^63 on `i` holds the bits of a u64.
    return {std::is_unsigned_v<T> && attr->f < 0 ? T{0} : static_cast<T>(attr->i)};
  }
  operator Truth() const { return {attr->i != 0}; }                       // NOLINT
  operator F64() const { return {attr->f}; }                              // NOLINT
  operator portable::F32() const { return static_cast<float>(attr->f); }  // NOLINT
  operator int() const { return static_cast<int>(attr->i); }              // NOLINT
};

template <class Function, size_t N, size_t M, class V, size_t... I, size_t... A>
auto apply(const std::array<std::array<Raw<V>, kChunk>, N>& in, size_t i, const KernelArgs& args,
           std::index_sequence<I...>, std::index_sequence<A...>) {
  return Function{}(value_of<V>(in[I][i])..., Attribute{&args.attributes[A]}...);
}

template <class Function, size_t N, size_t M, class V>
void compute(const KernelArgs& args) {
  const TensorView& y = args.outputs[0];
  std::array<const TensorView*, N + 1> views{&y};
  for (size_t k = 0; k < N; ++k) views[k + 1] = &args.inputs[k];
  const Walk<N + 1> walk(y.shape, views);
  threads(args).run(y.elements(), element_grain(y), [&](int64_t begin, int64_t end, int) {
    std::array<std::array<Raw<V>, kChunk>, N> in;
    using Result =
        decltype(apply<Function, N, M, V>(in, 0, args, std::make_index_sequence<N>{}, std::make_index_sequence<M>{}));
    std::array<Raw<Result>, kChunk> out;
    walk.run(begin, end, kChunk, [&](int64_t count, const std::array<int64_t, N + 1>& at) {
      for (size_t k = 0; k < N; ++k)
        load_elements(args.inputs[k].data, args.inputs[k].dtype, at[k + 1], walk.stride(k + 1), count, in[k].data());
      for (size_t i = 0; i < static_cast<size_t>(count); ++i)
        out[i] = static_cast<Raw<Result>>(
            apply<Function, N, M, V>(in, i, args, std::make_index_sequence<N>{}, std::make_index_sequence<M>{}).v);
      store_elements(y.data, y.dtype, at[0], walk.stride(0), count, out.data());
    });
  });
}

bool ordered_bounds(const KernelArgs& args) {
  const KernelAttr &low = args.attributes[0], &high = args.attributes[1];
  if (!(low.f > high.f)) return true;
  return args.fail(Code::R0005, "`clamp`: min " + number_text(low.f) + " is above max " + number_text(high.f));
}

// A bound of clamp, limited to the integer type: what it lies outside of would else wrap when it is stored.
KernelAttr limited(KernelAttr bound, DType type) {
  const int bits = info(type).bits;
  if (bits == 64) return bound;
  const int64_t low = is_signed(type) ? -(int64_t{1} << (bits - 1)) : 0,
                high = (int64_t{1} << (is_signed(type) ? bits - 1 : bits)) - 1;
  bound.i = bound.f >= static_cast<double>(high) ? high : bound.f <= static_cast<double>(low) ? low : bound.i;
  bound.f = static_cast<double>(bound.i);
  return bound;
}

// The value type: the widest of the operands and, where the result is no bool, of y.
template <class Function, size_t N, size_t M, unsigned kKinds, bool kBounds>
bool run(const KernelArgs& given) {
  if (kBounds && !ordered_bounds(given)) return false;
  const DType x = given.inputs[0].dtype;
  KernelArgs args = given;
  std::array<KernelAttr, 2> bounds;
  if (kBounds && !is_float(x)) {
    bounds = {limited(given.attributes[0], x), limited(given.attributes[1], x)};
    args.attributes = bounds;
  }
  bool wide = args.outputs[0].dtype == DType::f64;
  for (size_t k = 0; k < N; ++k) wide = wide || args.inputs[k].dtype == DType::f64;
  if constexpr (kKinds & elementwise::kReal) {
    if (is_float(x) && wide) return compute<Function, N, M, F64>(args), true;
    if (is_float(x)) return compute<Function, N, M, portable::F32>(args), true;
  }
  if constexpr (kKinds & elementwise::kTruth) {
    if (x == DType::boolean) return compute<Function, N, M, Truth>(args), true;
  }
  if constexpr (kKinds & elementwise::kWhole) {
    if (is_signed(x)) return compute<Function, N, M, I64>(args), true;
    return compute<Function, N, M, U64>(args), true;
  }
  return args.fail(Code::X0001, "no value type for " + std::string(name(x)));
}

#define OINF_KERNEL(op, function, inputs, attributes, kinds)                    \
  Kernel{#op,                                                                   \
         #op ".reference",                                                      \
         Isa::portable,                                                         \
         nullptr,                                                               \
         nullptr,                                                               \
         run < decltype([](auto... a) { return elementwise::function(a...); }), \
         inputs,                                                                \
         attributes,                                                            \
         [] {                                                                   \
           using namespace elementwise;                                         \
           return kinds;                                                        \
         }(),                                                                   \
         std::string_view(#op) == "clamp" > },

const Kernel kKernels[] = {OINF_ELEMENTWISE_OPS(OINF_KERNEL)};

}  // namespace

KernelList elementwise_kernels() { return kKernels; }

}  // namespace openinfer::reference
