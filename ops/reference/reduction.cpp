// Reductions over axes. Floats are summed in 64 lanes of the elements in memory order; integers wrap.
#include <cmath>
#include <limits>
#include <utility>

#include "ops/element.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/value.h"

namespace openinfer::reference {
namespace {

// x cut into the axes that stay and those that are reduced.
struct Cut {
  TensorView kept, reduced;
  int64_t count;

  template <class IsReduced>
  Cut(const TensorView& x, const IsReduced& is_reduced) : kept(x), reduced(x) {
    kept.shape = reduced.shape = Shape();
    for (int a = 0; a < x.shape.rank(); ++a) {
      TensorView& part = is_reduced(a) ? reduced : kept;
      part.strides[static_cast<size_t>(part.shape.rank())] = stride_of(x, a);
      part.shape.push_back(x.shape[a]);
    }
    count = reduced.shape.elements();
  }

  // Calls body(value, index) for the elements that make result `out`, in memory order.
  template <class V, class Body>
  void each(int64_t out, const Body& body) const {
    const int64_t start = offset_of(kept, out, kept.shape.rank());
    const Walk<1> walk(reduced.shape, {&reduced});
    int64_t index = 0;
    walk.run(0, count, 256, [&](int64_t n, const std::array<int64_t, 1>& at) {
      std::array<V, 256> v;
      load_elements(reduced.data, reduced.dtype, start + at[0], walk.stride(0), n, v.data());
      for (size_t i = 0; i < static_cast<size_t>(n); ++i) body(v[i], index++);
    });
  }
};

Cut cut(const KernelArgs& args) {
  const KernelAttr& axes = args.attributes[0];
  const int rank = args.inputs[0].shape.rank();
  return Cut(args.inputs[0], [&](int a) {
    if (!axes.given) return true;
    return std::any_of(axes.integers().begin(), axes.integers().end(),
                       [&](int64_t v) { return (v < 0 ? v + rank : v) == a; });
  });
}

template <class V>
V wrapped_sum(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) {
    return a + b;
  } else {
    return static_cast<V>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }
}
template <class V>
V wrapped_product(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) {
    return a * b;
  } else {
    return static_cast<V>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  }
}

// NaN wins, +0 is above -0: see ops/value.h.
template <class V>
using Ordered = std::conditional_t<std::is_same_v<V, float>, portable::F32,
                                   std::conditional_t<std::is_same_v<V, double>, F64, Wrap<V>>>;
template <class V>
V larger(V a, V b) {
  using elementwise::maximum;
  return maximum(Ordered<V>{a}, Ordered<V>{b}).v;
}
template <class V>
V smaller(V a, V b) {
  using elementwise::minimum;
  return minimum(Ordered<V>{a}, Ordered<V>{b}).v;
}

enum class Op { sum, mean, prod, max, min };

template <Op kOp, class V>
V reduce_one(const Cut& cut, int64_t out) {
  if constexpr (kOp == Op::max || kOp == Op::min) {
    V best{};
    cut.each<V>(out, [&](V v, int64_t i) { best = i == 0 ? v : kOp == Op::max ? larger(best, v) : smaller(best, v); });
    return best;
  } else {
    constexpr auto join = [](V a, V b) { return kOp == Op::prod ? wrapped_product(a, b) : wrapped_sum(a, b); };
    Lanes<V> lanes(kOp == Op::prod ? V{1} : V{0});
    cut.each<V>(out, [&](V v, int64_t i) { lanes[i] = join(lanes[i], v); });
    const V all = lanes.fold(join);
    return kOp == Op::mean ? all / static_cast<V>(cut.count) : all;
  }
}

template <Op kOp, class V>
void reduce_all(const KernelArgs& args, const Cut& cut) {
  const TensorView& y = args.outputs[0];
  threads(args).run(y.elements(), is_packed(y.dtype) ? INT64_MAX : 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) set_element(y, i, reduce_one<kOp, V>(cut, i));
  });
}

// f(V{}) with the type that elements of `type` are reduced in.
template <class F>
void with_value(DType type, const F& f) {
  if (type == DType::f64) return f(double{});
  if (is_float(type)) return f(float{});
  if (is_signed(type)) return f(int64_t{});
  f(uint64_t{});
}

bool nothing(const KernelArgs& args, std::string_view op) {
  return args.fail(Code::R0005, "`" + std::string(op) + "`: nothing to reduce in x " + to_string(args.inputs[0].shape));
}

// Axes that sizes give are known only now.
bool fits(const KernelArgs& args, const Cut& c) {
  if (c.kept.shape.elements() == args.outputs[0].elements()) return true;
  return args.fail(Code::R0003, "a reduction of x " + to_string(args.inputs[0].shape) + " gives " +
                                    to_string(c.kept.shape) + ", its result is " + to_string(args.outputs[0].shape));
}

template <Op kOp>
bool reduce(const KernelArgs& args) {
  const Cut c = cut(args);
  if (!fits(args, c)) return false;
  constexpr std::array<std::string_view, 5> names = {"sum_axis", "mean_axis", "prod_axis", "max_axis", "min_axis"};
  const bool whole = !is_float(args.inputs[0].dtype);
  const bool needs_one = kOp == Op::max || kOp == Op::min || (kOp == Op::mean && whole);
  if (needs_one && c.count == 0 && args.outputs[0].elements() > 0)
    return nothing(args, names[static_cast<size_t>(kOp)]);
  const DType type = args.outputs[0].dtype == DType::f64 ? DType::f64 : args.inputs[0].dtype;
  with_value(type, [&](auto zero) { reduce_all<kOp, decltype(zero)>(args, c); });
  return true;
}

template <bool kAll>
bool reduce_bool(const KernelArgs& args) {
  const Cut c = cut(args);
  if (!fits(args, c)) return false;
  for (int64_t i = 0; i < args.outputs[0].elements(); ++i) {
    bool r = kAll;
    c.each<uint64_t>(i, [&](uint64_t v, int64_t) { r = kAll ? r && v != 0 : r || v != 0; });
    set_element<uint64_t>(args.outputs[0], i, r);
  }
  return true;
}

template <bool kLargest>
bool arg_reduce(const KernelArgs& args) {
  const TensorView& x = args.inputs[0];
  const int axis = axis_of(args.attributes[0].i, x.shape.rank());
  const bool first = args.attributes[2].i != 0;
  const Cut c(x, [axis](int a) { return a == axis; });
  if (!fits(args, c)) return false;
  if (c.count == 0 && args.outputs[0].elements() > 0) return nothing(args, kLargest ? "argmax_axis" : "argmin_axis");
  with_value(x.dtype, [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(args.outputs[0].elements(), 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        V best{};
        int64_t at = 0;
        c.each<V>(i, [&](V v, int64_t k) {
          const bool better = kLargest ? v > best : v < best;
          const bool replaces_nan = best != best && v == v;
          const bool later_equal = !first && (v == best || (v != v && best != best));
          if (k != 0 && !better && !replaces_nan && !later_equal) return;
          best = v;
          at = k;
        });
        set_element(args.outputs[0], i, at);
      }
    });
  });
  return true;
}

const Kernel kKernels[] = {
    {"all_axis", "all_axis.reference", Isa::portable, nullptr, nullptr, reduce_bool<true>},
    {"any_axis", "any_axis.reference", Isa::portable, nullptr, nullptr, reduce_bool<false>},
    {"argmax_axis", "argmax_axis.reference", Isa::portable, nullptr, nullptr, arg_reduce<true>},
    {"argmin_axis", "argmin_axis.reference", Isa::portable, nullptr, nullptr, arg_reduce<false>},
    {"max_axis", "max_axis.reference", Isa::portable, nullptr, nullptr, reduce<Op::max>},
    {"mean_axis", "mean_axis.reference", Isa::portable, nullptr, nullptr, reduce<Op::mean>},
    {"min_axis", "min_axis.reference", Isa::portable, nullptr, nullptr, reduce<Op::min>},
    {"prod_axis", "prod_axis.reference", Isa::portable, nullptr, nullptr, reduce<Op::prod>},
    {"sum_axis", "sum_axis.reference", Isa::portable, nullptr, nullptr, reduce<Op::sum>},
};

}  // namespace

KernelList reduction_kernels() { return kKernels; }

}  // namespace openinfer::reference
