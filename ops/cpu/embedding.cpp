// embedding: rows of a table of f32, f16 or bf16, row-major or in panel16, to f32.
#include "ops/cpu/faults.h"
#include "ops/cpu/integers.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

constexpr int64_t kGrain = 16 << 10;

bool supports(const KernelSite& site) {
  const KernelOperand &ids = site.inputs[0], &weight = site.inputs[1];
  return is_dense(site.outputs[0], DType::f32) && is_plain_integer(ids.dtype) && ids.contiguous && weight.contiguous &&
         is_short_float(weight.dtype);
}

// Row `row` of panel16: one element in 16 (bf16: pairs of them) of its panel.
void panel_row(const TensorView& weight, int64_t row, int64_t size, float* y) {
  const int64_t panel = row / 16, lane = row % 16;
  if (weight.dtype == DType::f32) {
    const float* p = weight.as<const float>() + panel * size * 16 + lane;
    for (int64_t i = 0; i < size; ++i) y[i] = math::canonical(p[i * 16]);
    return;
  }
  const bool pairs = weight.dtype == DType::bf16;
  const auto* h = weight.as<const uint16_t>() + panel * 16 * (pairs ? (size + 1) / 2 * 2 : size);
  alignas(64) uint16_t some[16];
  for (int64_t i = 0; i < size; i += F32::kLanes) {
    const int n = static_cast<int>(size - i < F32::kLanes ? size - i : F32::kLanes);
    for (int j = 0; j < n; ++j)
      some[j] = pairs ? h[((i + j) / 2 * 16 + lane) * 2 + (i + j) % 2] : h[(i + j) * 16 + lane];
    const F32 v = pairs ? load_bf16(F32(), some, n) : load_f16(F32(), some, n);
    store(y + i, canonical(v), n);
  }
}

bool run(const KernelArgs& args) {
  if (!check_ids(args)) return false;
  const TensorView &ids = args.inputs[0], &weight = args.inputs[1], &y = args.outputs[0];
  const int64_t size = last_axis(weight.shape);
  args.parallel->run(ids.elements(), 1 + kGrain / (size + 1), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = integer_at(ids, i);
      float* to = y.as<float>() + i * size;
      if (weight.layout == Layout::panel16) {
        panel_row(weight, row, size, to);
        continue;
      }
      for (int64_t c = 0; c < size; c += F32::kLanes) {
        const int n = static_cast<int>(size - c < F32::kLanes ? size - c : F32::kLanes);
        store_from_f32(y.data, DType::f32, i * size + c, load_as_f32(weight.data, weight.dtype, row * size + c, n), n);
      }
    }
  });
  return true;
}

constexpr Kernel kKernels[] = {{"embedding", "embedding." OINF_ISA_NAME, Isa::OINF_ISA, supports, nullptr, run}};

}  // namespace

KernelList embedding_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
