// linear with f32 activations and f32, f16 or bf16 weights, in panel16 or row-major, and a bias of any of these types.
#include "ops/cpu/operands.h"
#include "ops/cpu/product.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

OINF_INLINE Stored stored(DType type) {
  return type == DType::f16 ? Stored::f16 : type == DType::bf16 ? Stored::bf16 : Stored::f32;
}
OINF_INLINE Form form(Layout layout) { return layout == Layout::panel16 ? Form::panels : Form::rows; }

bool has_bias_to_widen(const KernelSite& site) { return is_given(site, 2) && site.inputs[2].dtype != DType::f32; }
// Bytes of the bias as f32, in whole cache lines.
uint64_t widened_bytes(const Shape& bias) {
  return (static_cast<uint64_t>(bias.elements()) * sizeof(float) + 63) / 64 * 64;
}

template <DType W>
bool supports(const KernelSite& site) {
  const KernelOperand& w = site.inputs[1];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) && w.dtype == W &&
         w.contiguous && w.shape.rank() >= 2 &&
         (!is_given(site, 2) ||
          (is_short_float(site.inputs[2].dtype) && is_dense(site.inputs[2], site.inputs[2].dtype)));
}

uint64_t scratch_bytes(const KernelSite& site) {
  const KernelOperand &x = site.inputs[0], &w = site.inputs[1];
  return product_scratch(leading(x.shape, 1), last_axis(x.shape), stored(w.dtype), form(w.layout), site.threads) +
         (has_bias_to_widen(site) ? widened_bytes(site.inputs[2].shape) : 0);
}

const float* widened(const TensorView& bias, std::byte* room) {
  auto* to = reinterpret_cast<float*>(room);
  const int64_t size = bias.elements();
  for (int64_t i = 0; i < size; i += F32::kLanes) {
    const int n = static_cast<int>(size - i < F32::kLanes ? size - i : F32::kLanes);
    store(to + i, load_as_f32(bias.data, bias.dtype, i, n), n);
  }
  return to;
}

bool run(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &w = args.inputs[1], &y = args.outputs[0];
  Product product{};
  product.depth = last_axis(w.shape);
  product.rows = leading(x.shape, 1);
  product.columns = leading(w.shape, 1);
  product.x = x.as<const float>();
  product.x_stride = product.depth;
  product.w = w.data;
  product.stored = stored(w.dtype);
  product.form = form(w.layout);
  std::byte* scratch = args.scratch;
  if (is_given(args, 2)) {
    const TensorView& bias = args.inputs[2];
    product.bias = bias.as<const float>();
    if (bias.dtype != DType::f32) {
      product.bias = widened(bias, scratch);
      scratch += widened_bytes(bias.shape);
    }
  }
  product.y = y.as<float>();
  product.y_stride = product.columns;
  run_product(product, scratch, *args.parallel);
  return true;
}

constexpr Kernel kKernels[] = {
    {"linear", "linear.f32." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::f32>, scratch_bytes, run},
    {"linear", "linear.f16." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::f16>, scratch_bytes, run},
    {"linear", "linear.bf16." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::bf16>, scratch_bytes, run},
};

}  // namespace

KernelList linear_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
