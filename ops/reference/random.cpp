// random_normal, random_uniform: an element depends on seed, stream and its place in memory order, and on nothing else.
#include <cmath>
#include <numbers>

#include "ops/math/scalar.h"
#include "ops/philox.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

// Box-Muller with one pair of words: two numbers.
template <class V>
std::array<V, 2> normal_pair(uint32_t w0, uint32_t w1) {
  const V u = static_cast<V>((w0 >> 8) + 1) * V{0x1p-24}, v = unit_float(w1);
  const V r = std::sqrt(V{-2} * math::log(u)), angle = 2 * std::numbers::pi_v<V> * v;
  return {r * math::cos(angle), r * math::sin(angle)};
}

template <bool kNormal, class V>
void draw(const KernelArgs& args) {
  const TensorView& y = args.outputs[0];
  const auto seed = element<uint64_t>(args.inputs[0], 0);
  const auto stream = static_cast<uint64_t>(element<int64_t>(args.inputs[1], 0));
  const int64_t n = y.elements();
  threads(args).run((n + 3) / 4, 256, [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block) {
      const auto w = philox(seed, static_cast<uint64_t>(block), stream);
      std::array<V, 4> v;
      for (size_t i = 0; i < 4; i += 2) {
        const auto pair =
            kNormal ? normal_pair<V>(w[i], w[i + 1]) : std::array<V, 2>{unit_float(w[i]), unit_float(w[i + 1])};
        v[i] = pair[0];
        v[i + 1] = pair[1];
      }
      for (int64_t i = 0; i < 4 && block * 4 + i < n; ++i) set_element(y, block * 4 + i, v[static_cast<size_t>(i)]);
    }
  });
}

template <bool kNormal>
bool generate(const KernelArgs& args) {
  args.outputs[0].dtype == DType::f64 ? draw<kNormal, double>(args) : draw<kNormal, float>(args);
  return true;
}

const Kernel kKernels[] = {
    {"random_normal", "random_normal.reference", Isa::portable, nullptr, nullptr, generate<true>},
    {"random_uniform", "random_uniform.reference", Isa::portable, nullptr, nullptr, generate<false>},
};

}  // namespace

KernelList random_kernels() { return kKernels; }

}  // namespace openinfer::reference
