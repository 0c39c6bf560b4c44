// rope: pairs of features of row t are turned by the angle f32(position of t) · freq[i].
#include "ops/math/scalar.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

bool rope(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &position = args.inputs[1], &freq = args.inputs[2], &y = args.outputs[0];
  const int rank = x.shape.rank();
  const int64_t length = x.shape[rank - 3], heads = x.shape[rank - 2], size = x.shape[rank - 1], pairs = freq.shape[0];
  if (2 * pairs > size)
    return args.fail(Code::R0003,
                     "`rope`: freq turns " + std::to_string(2 * pairs) + " features of " + std::to_string(size));
  const bool neighbours = args.attributes[0].i != 0;
  if (x.elements() == 0) return true;
  const auto position_of = [&](int64_t row) {  // row: over all axes in front of the heads
    if (position.shape.rank() == 0)
      return static_cast<int64_t>(element<uint64_t>(position, 0) + static_cast<uint64_t>(row % length));
    return element<int64_t>(position, row);
  };
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(x.elements() / size, 4, [&](int64_t begin, int64_t end, int) {
      for (int64_t line = begin; line < end; ++line) {
        const auto p = static_cast<float>(position_of(line / heads));
        for (int64_t i = 0; i < pairs; ++i) {
          const float angle = p * element<float>(freq, i);
          const V c = static_cast<V>(math::cos(angle)), s = static_cast<V>(math::sin(angle));
          const int64_t first = line * size + (neighbours ? 2 * i : i),
                        second = line * size + (neighbours ? 2 * i + 1 : i + pairs);
          const V a = element<V>(x, first), b = element<V>(x, second);
          set_element(y, first, a * c - b * s);
          set_element(y, second, b * c + a * s);
        }
        for (int64_t i = 2 * pairs; i < size; ++i) set_element(y, line * size + i, element<V>(x, line * size + i));
      }
    });
  });
  return true;
}

const Kernel kKernels[] = {{"rope", "rope.reference", Isa::portable, nullptr, nullptr, rope}};

}  // namespace

KernelList rope_kernels() { return kKernels; }

}  // namespace openinfer::reference
