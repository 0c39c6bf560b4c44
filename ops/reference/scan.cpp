// cumsum, cumprod: one chain along an axis, in rising index.
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

template <bool kSum, class V>
void scan(const KernelArgs& args, int axis) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const bool exclusive = args.attributes[1].i != 0;
  const int64_t count = x.shape[axis];
  int64_t inner = 1;
  for (int a = axis + 1; a < x.shape.rank(); ++a) inner *= x.shape[a];
  if (x.elements() == 0) return;
  threads(args).run(x.elements() / count, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t line = begin; line < end; ++line) {
      V acc = kSum ? V{0} : V{1};
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (line / inner * count + i) * inner + line % inner;
        const V v = element<V>(x, at), before = acc;
        acc = kSum ? acc + v : acc * v;
        set_element(y, at, exclusive ? before : acc);
      }
    }
  });
}

template <bool kSum>
bool run(const KernelArgs& args) {
  const int axis = axis_of(args.attributes[0].i, args.inputs[0].shape.rank());
  if (axis < 0)
    return args.fail(Code::R0005, std::string(kSum ? "`cumsum`" : "`cumprod`") + ": no axis " +
                                      std::to_string(args.attributes[0].i));
  const bool real = is_float(args.inputs[0].dtype);
  if (real && (args.inputs[0].dtype == DType::f64 || args.outputs[0].dtype == DType::f64)) {
    scan<kSum, double>(args, axis);
  } else if (real) {
    scan<kSum, float>(args, axis);
  } else {
    scan<kSum, uint64_t>(args, axis);  // wraps; the low bits of signed and unsigned sums are the same
  }
  return true;
}

const Kernel kKernels[] = {
    {"cumprod", "cumprod.reference", Isa::portable, nullptr, nullptr, run<false>},
    {"cumsum", "cumsum.reference", Isa::portable, nullptr, nullptr, run<true>},
};

}  // namespace

KernelList scan_kernels() { return kKernels; }

}  // namespace openinfer::reference
