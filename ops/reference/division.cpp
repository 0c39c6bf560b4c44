// div, floor_div, rem, recip: integers by zero need a mask or stop the run.
#include <cmath>
#include <limits>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/walk.h"

namespace openinfer::reference {
namespace {

enum class Op { div, floor_div, rem };

template <class V>
V mask_value(const KernelAttr& attr) {
  if constexpr (std::is_floating_point_v<V>) {
    return static_cast<V>(attr.f);
  } else {
    return static_cast<V>(attr.i);
  }
}

template <Op kOp, class V>
V divide(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) {
    return kOp == Op::rem ? std::fmod(a, b) : a / b;
  } else {
    if (std::is_signed_v<V> && b == static_cast<V>(-1))
      return kOp == Op::rem ? V{0} : static_cast<V>(0 - static_cast<uint64_t>(a));
    const V q = a / b, r = a % b;
    if (kOp == Op::rem) return r;
    return kOp == Op::floor_div && r != 0 && (r < V{0}) != (b < V{0}) ? q - 1 : q;
  }
}

template <Op kOp, class V>
bool compute(const KernelArgs& args, std::string_view op) {
  const TensorView &a = args.inputs[0], &b = args.inputs[1], &y = args.outputs[0];
  const KernelAttr& mask = args.attributes[0];
  const Walk<3> walk(y.shape, {&y, &a, &b});
  bool stopped = false;  // one thread: a fault must be the same one at every run
  walk.run(0, y.elements(), 256, [&](int64_t count, const std::array<int64_t, 3>& at) {
    std::array<V, 256> p, q;
    load_elements(a.data, a.dtype, at[1], walk.stride(1), count, p.data());
    load_elements(b.data, b.dtype, at[2], walk.stride(2), count, q.data());
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      if (q[i] == V{0} && mask.given) {
        p[i] = mask_value<V>(mask);
      } else if (q[i] == V{0} && !std::is_floating_point_v<V>) {
        stopped = true;
      } else {
        p[i] = divide<kOp>(p[i], q[i]);
      }
    }
    store_elements(y.data, y.dtype, at[0], walk.stride(0), count, p.data());
  });
  return !stopped || args.fail(Code::R0002, "`" + std::string(op) +
                                                "`: an integer is divided by 0 and there is no `div_by_zero_mask`");
}

template <Op kOp>
bool divide_any(const KernelArgs& args, std::string_view op) {
  const DType t = args.outputs[0].dtype;
  if constexpr (kOp != Op::floor_div) {
    if (t == DType::f64) return compute<kOp, double>(args, op);
    if (is_float(t)) return compute<kOp, float>(args, op);
  }
  return is_signed(t) ? compute<kOp, int64_t>(args, op) : compute<kOp, uint64_t>(args, op);
}

bool div(const KernelArgs& args) { return divide_any<Op::div>(args, "div"); }
bool floor_div(const KernelArgs& args) { return divide_any<Op::floor_div>(args, "floor_div"); }
bool rem(const KernelArgs& args) { return divide_any<Op::rem>(args, "rem"); }

template <class V>
void reciprocals(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const KernelAttr& mask = args.attributes[0];
  const Walk<2> walk(y.shape, {&y, &x});
  threads(args).run(y.elements(), element_grain(y), [&](int64_t begin, int64_t end, int) {
    std::array<V, 256> v;
    walk.run(begin, end, 256, [&](int64_t count, const std::array<int64_t, 2>& at) {
      load_elements(x.data, x.dtype, at[1], walk.stride(1), count, v.data());
      for (size_t i = 0; i < static_cast<size_t>(count); ++i)
        v[i] = v[i] == V{0} && mask.given ? static_cast<V>(mask.f) : V{1} / v[i];
      store_elements(y.data, y.dtype, at[0], walk.stride(0), count, v.data());
    });
  });
}

bool recip(const KernelArgs& args) {
  args.outputs[0].dtype == DType::f64 ? reciprocals<double>(args) : reciprocals<float>(args);
  return true;
}

const Kernel kKernels[] = {
    {"div", "div.reference", Isa::portable, nullptr, nullptr, div},
    {"floor_div", "floor_div.reference", Isa::portable, nullptr, nullptr, floor_div},
    {"recip", "recip.reference", Isa::portable, nullptr, nullptr, recip},
    {"rem", "rem.reference", Isa::portable, nullptr, nullptr, rem},
};

}  // namespace

KernelList division_kernels() { return kKernels; }

}  // namespace openinfer::reference
