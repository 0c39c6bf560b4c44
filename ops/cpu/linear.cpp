// linear with f32 activations and f32, f16 or bf16 weights, in panel16 or row-major.
#include "ops/cpu/operands.h"
#include "ops/cpu/product.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

OINF_INLINE Form form(Layout layout) { return layout == Layout::panel16 ? Form::panels : Form::rows; }

template <DType W>
bool supports(const KernelSite& site) {
  const KernelOperand& w = site.inputs[1];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) && w.dtype == W &&
         w.contiguous && w.shape.rank() >= 2 && is_short_or_absent(site, 2);
}

// A bias that is stored narrower is widened in front of what the product needs.
OINF_INLINE int64_t bias_bytes(int64_t columns) { return (columns * 4 + 63) / 64 * 64; }

uint64_t scratch(const KernelSite& site) {
  const KernelOperand &x = site.inputs[0], &w = site.inputs[1];
  const bool widens = is_given(site, 2) && site.inputs[2].dtype != DType::f32;
  return (widens ? static_cast<uint64_t>(bias_bytes(leading(w.shape, 1))) : 0) +
         product_scratch(leading(x.shape, 1), last_axis(x.shape), Stored::f32, stored(w.dtype), form(w.layout),
                         site.threads);
}

bool run(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &w = args.inputs[1], &y = args.outputs[0];
  std::byte* space = args.scratch;
  Product product{};
  product.depth = last_axis(w.shape);
  product.rows = leading(x.shape, 1);
  product.columns = leading(w.shape, 1);
  product.x = x.data;
  product.x_stored = Stored::f32;
  product.x_stride = product.depth;
  product.w = w.data;
  product.stored = stored(w.dtype);
  product.form = form(w.layout);
  if (is_given(args, 2)) {
    product.bias = as_floats(args.inputs[2], product.columns, reinterpret_cast<float*>(space));
    if (args.inputs[2].dtype != DType::f32) space += bias_bytes(product.columns);
  }
  product.y = y.as<float>();
  product.y_stride = product.columns;
  run_product(product, space, *args.parallel);
  return true;
}

constexpr Kernel kKernels[] = {
    {"linear", "linear.f32." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::f32>, scratch, run},
    {"linear", "linear.f16." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::f16>, scratch, run},
    {"linear", "linear.bf16." OINF_ISA_NAME, Isa::OINF_ISA, supports<DType::bf16>, scratch, run},
};

}  // namespace

KernelList linear_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
