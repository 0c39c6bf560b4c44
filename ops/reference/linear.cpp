// linear, gather_linear: rows of x times rows of weight, each output element one chain (numerics.md, "Contractions").
#include <algorithm>

#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/quantised_chain.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

// Row `row` of x times row `n` of weight.
template <class V>
V dot(const TensorView& x, int64_t row, const Weight& weight, int64_t n) {
  if constexpr (std::is_same_v<V, float>)
    if (is_block(weight.view().dtype)) return quantised_chain(x, row, weight, n);
  return chain<V>(
      weight.k(), [&](int64_t first, int64_t count, V* out) { weight.load(n, first, count, out); },
      [&](int64_t first, int64_t count, V* out) { load_row(x, row, first, count, out); });
}

bool linear(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const Weight weight(args.inputs[1]);
  const int64_t rows = leading(args.inputs[1], 1);
  const auto compute = [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(y.elements(), 16, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        V v = dot<V>(x, i / rows, weight, i % rows);
        if (given(args, 2)) v = v + element<V>(args.inputs[2], i % rows);
        set_element(y, i, v);
      }
    });
  };
  is_block(args.inputs[1].dtype) ? compute(float{}) : with_real(args, compute);
  return true;
}

// One tensor [E, N, K], or a slice of a family: the first member [N, K] stands for it, the others behind the inputs.
struct Experts {
  const KernelArgs& args;
  const bool family = args.inputs[1].shape.rank() == 2;
  const int64_t count = family ? static_cast<int64_t>(args.inputs.size()) - 3 : args.inputs[1].shape[0];
  const int64_t rows = args.inputs[1].shape[family ? 0 : 1];

  [[nodiscard]] const TensorView& of(int64_t e) const {
    return args.inputs[family && e > 0 ? static_cast<size_t>(3 + e) : 1];
  }
  // Row n of expert e is this row of of(e).
  [[nodiscard]] int64_t row(int64_t e, int64_t n) const { return family ? n : e * rows + n; }
};

bool gather_linear(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &index = args.inputs[2], &y = args.outputs[0];
  const Experts experts{args};
  const int64_t rows = experts.rows, chosen = index.shape[1];
  for (int64_t i = 0; i < index.elements(); ++i) {
    const auto e = element<int64_t>(index, i);
    if (e < 0 || e >= experts.count)
      return args.fail(Code::R0001, "`gather_linear`: index[" + std::to_string(i / chosen) + ", " +
                                        std::to_string(i % chosen) + "] is " + std::to_string(e) + ", weight has " +
                                        std::to_string(experts.count));
  }
  const auto compute = [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(y.elements(), 16, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t choice = i / rows, n = i % rows, e = element<int64_t>(index, choice);
        V v = dot<V>(x, x.shape.rank() == 3 ? choice : choice / chosen, Weight(experts.of(e)), experts.row(e, n));
        if (given(args, 3)) v = v + element<V>(args.inputs[3], e * rows + n);
        set_element(y, i, v);
      }
    });
  };
  is_block(args.inputs[1].dtype) ? compute(float{}) : with_real(args, compute);
  return true;
}

bool layout_is_read(const KernelSite& site) {
  return std::all_of(site.inputs.begin(), site.inputs.end(), weight_is_read);
}

const Kernel kKernels[] = {
    {"gather_linear", "gather_linear.reference", Isa::portable, layout_is_read, nullptr, gather_linear},
    {"linear", "linear.reference", Isa::portable, layout_is_read, nullptr, linear},
};

}  // namespace

KernelList linear_kernels() { return kKernels; }

}  // namespace openinfer::reference
