// cast between dense f32, f16 and bf16.
#include "ops/cpu/operands.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

bool supports(const KernelSite& site) {
  const KernelOperand &x = site.inputs[0], &y = site.outputs[0];
  return x.contiguous && x.layout == Layout::rowmajor && is_short_float(x.dtype) && y.contiguous &&
         is_short_float(y.dtype);
}

bool run(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  args.parallel->run(y.elements(), 16 << 10, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; i += F32::kLanes) {
      const int n = static_cast<int>(end - i < F32::kLanes ? end - i : F32::kLanes);
      store_from_f32(y.data, y.dtype, i, load_as_f32(x.data, x.dtype, i, n), n);
    }
  });
  return true;
}

constexpr Kernel kKernels[] = {{"cast", "cast." OINF_ISA_NAME, Isa::OINF_ISA, supports, nullptr, run}};

}  // namespace

KernelList cast_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
