// fill, arange.
#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/walk.h"

namespace openinfer::reference {
namespace {

template <class V>
V number(const KernelAttr& a) {
  if constexpr (std::is_floating_point_v<V>) {
    return static_cast<V>(a.f);
  } else {
    return static_cast<V>(a.i);
  }
}

// f(V{}) with the type that elements of `type` are computed in.
template <class F>
void with_value(DType type, const F& f) {
  if (type == DType::f64) return f(double{});
  if (is_float(type)) return f(float{});
  f(int64_t{});  // unsigned types keep the low bits
}

// value(i): element i in row-major order.
template <class V, class Value>
void generate(const KernelArgs& args, const Value& value) {
  const TensorView& y = args.outputs[0];
  const Walk<1> walk(y.shape, {&y});
  threads(args).run(y.elements(), element_grain(y), [&](int64_t begin, int64_t end, int) {
    std::array<V, 256> v;
    int64_t i = begin;
    walk.run(begin, end, 256, [&](int64_t n, const std::array<int64_t, 1>& at) {
      for (size_t j = 0; j < static_cast<size_t>(n); ++j) v[j] = value(i++);
      store_elements(y.data, y.dtype, at[0], walk.stride(0), n, v.data());
    });
  });
}

bool fill(const KernelArgs& args) {
  with_value(args.outputs[0].dtype, [&](auto zero) {
    using V = decltype(zero);
    const V value = number<V>(args.attributes[0]);
    generate<V>(args, [value](int64_t) { return value; });
  });
  return true;
}

bool arange(const KernelArgs& args) {
  with_value(args.outputs[0].dtype, [&](auto zero) {
    using V = decltype(zero);
    const V start = number<V>(args.attributes[0]), step = number<V>(args.attributes[1]);
    generate<V>(args, [start, step](int64_t i) {
      if constexpr (std::is_floating_point_v<V>) {
        return start + static_cast<V>(i) * step;
      } else {
        return static_cast<V>(static_cast<uint64_t>(start) + static_cast<uint64_t>(i) * static_cast<uint64_t>(step));
      }
    });
  });
  return true;
}

const Kernel kKernels[] = {
    {"arange", "arange.reference", Isa::portable, nullptr, nullptr, arange},
    {"fill", "fill.reference", Isa::portable, nullptr, nullptr, fill},
};

}  // namespace

KernelList creation_kernels() { return kKernels; }

}  // namespace openinfer::reference
