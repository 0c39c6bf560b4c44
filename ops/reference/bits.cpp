// shl, shr, popcount: their result depends on the width of the stored type. is_finite: one answer or one an element.
#include <algorithm>
#include <bit>
#include <cmath>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

int64_t shift_left(int64_t x, int64_t count, int width) {
  return count >= width ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) << count);
}
// Unsigned types come zero-extended, so that an arithmetic shift of 64 bits is right for both, but for u64 itself.
int64_t shift_right(int64_t x, int64_t count, int width, bool is_signed_type) {
  if (count >= width) return is_signed_type && x < 0 ? -1 : 0;
  return is_signed_type ? x >> count : static_cast<int64_t>(static_cast<uint64_t>(x) >> count);
}

bool shift(const KernelArgs& args, bool left) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const bool counts = given(args, 1);
  const TensorView& count_view = counts ? args.inputs[1] : x;
  const Walk<3> walk(y.shape, {&y, &x, &count_view});
  const int width = info(x.dtype).bits;
  bool negative = false;
  walk.run(0, y.elements(), 256, [&](int64_t n, const std::array<int64_t, 3>& at) {
    std::array<int64_t, 256> v, c;
    c.fill(std::max<int64_t>(args.attributes[0].i, 0));
    load_elements(x.data, x.dtype, at[1], walk.stride(1), n, v.data());
    if (counts) load_elements(count_view.data, count_view.dtype, at[2], walk.stride(2), n, c.data());
    const bool huge = counts && count_view.dtype == DType::u64;  // a count past 2^63 reads as negative
    for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
      if (c[i] < 0 && huge) c[i] = width;
      negative = negative || c[i] < 0;
      const int64_t by = std::max<int64_t>(c[i], 0);
      v[i] = left ? shift_left(v[i], by, width) : shift_right(v[i], by, width, is_signed(x.dtype));
    }
    store_elements(y.data, y.dtype, at[0], walk.stride(0), n, v.data());
  });
  return !negative || args.fail(Code::R0005, std::string("`") + (left ? "shl" : "shr") + "`: a count is below 0");
}

bool shl(const KernelArgs& args) { return shift(args, true); }
bool shr(const KernelArgs& args) { return shift(args, false); }

bool popcount(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int width = info(x.dtype).bits;
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  const int64_t n = y.elements();
  for (int64_t i = 0; i < n; ++i)
    set_element<uint64_t>(y, i,
                          static_cast<uint64_t>(std::popcount(static_cast<uint64_t>(element<int64_t>(x, i)) & mask)));
  return true;
}

bool is_finite(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const bool each = y.shape == x.shape;
  bool all = true;
  for (int64_t i = 0; i < x.elements(); ++i) {
    const bool finite = std::isfinite(element<double>(x, i));
    all = all && finite;
    if (each) set_element<uint64_t>(y, i, finite);
  }
  if (!each) set_element<uint64_t>(y, 0, all);
  return true;
}

const Kernel kKernels[] = {
    {"is_finite", "is_finite.reference", Isa::portable, nullptr, nullptr, is_finite},
    {"popcount", "popcount.reference", Isa::portable, nullptr, nullptr, popcount},
    {"shl", "shl.reference", Isa::portable, nullptr, nullptr, shl},
    {"shr", "shr.reference", Isa::portable, nullptr, nullptr, shr},
};

}  // namespace

KernelList bit_kernels() { return kKernels; }

}  // namespace openinfer::reference
