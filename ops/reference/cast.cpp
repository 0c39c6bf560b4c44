// cast: floats round to nearest even once; a float becomes an integer by the mode, limited to the range; an integer is
// limited or wraps.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/walk.h"

namespace openinfer::reference {
namespace {

enum class Rounding { trunc, nearest, floor, ceil };

template <class V>
V rounded(V x, Rounding mode) {
  if constexpr (std::is_floating_point_v<V>) {
    switch (mode) {
      case Rounding::trunc:
        return std::trunc(x);
      case Rounding::nearest:
        return std::nearbyint(x);
      case Rounding::floor:
        return std::floor(x);
      case Rounding::ceil:
        return std::ceil(x);
    }
  }
  return x;
}

// The range of an integer type of up to 64 bits, as far as V can say it.
template <class V>
V limited(V x, DType to) {
  if constexpr (std::is_integral_v<V>) {
    const int bits = info(to).bits;
    const uint64_t top = is_signed(to) ? (uint64_t{1} << (bits - 1)) - 1
                         : bits == 64  ? ~uint64_t{0}
                                       : (uint64_t{1} << bits) - 1;
    if constexpr (std::is_signed_v<V>) {
      if (x < 0) return is_signed(to) ? std::max<int64_t>(x, -static_cast<int64_t>(top) - 1) : 0;
    }
    return static_cast<uint64_t>(x) > top ? static_cast<V>(top) : x;
  }
  return x;
}

template <class V>
void convert(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const auto mode = static_cast<Rounding>(args.attributes[1].i);
  const bool whole = is_integer(y.dtype), saturate = args.attributes[2].i != 0;
  const Walk<2> walk(y.shape, {&y, &x});
  threads(args).run(y.elements(), element_grain(y), [&](int64_t begin, int64_t end, int) {
    std::array<V, 256> v;
    walk.run(begin, end, 256, [&](int64_t n, const std::array<int64_t, 2>& at) {
      load_elements(x.data, x.dtype, at[1], walk.stride(1), n, v.data());
      for (size_t i = 0; whole && i < static_cast<size_t>(n); ++i) {
        v[i] = rounded(v[i], mode);
        if (saturate) v[i] = limited(v[i], y.dtype);
      }
      store_elements(y.data, y.dtype, at[0], walk.stride(0), n, v.data());
    });
  });
}

bool cast(const KernelArgs& args) {
  const DType t = args.inputs[0].dtype;
  if (t == DType::f64) {
    convert<double>(args);
  } else if (is_float(t)) {
    convert<float>(args);
  } else if (is_signed(t) || t == DType::t1 || t == DType::t2) {
    convert<int64_t>(args);
  } else {
    convert<uint64_t>(args);
  }
  return true;
}

const Kernel kKernels[] = {{"cast", "cast.reference", Isa::portable, nullptr, nullptr, cast}};

}  // namespace

KernelList conversion_kernels() { return kKernels; }

}  // namespace openinfer::reference
