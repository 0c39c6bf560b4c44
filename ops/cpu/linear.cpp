// linear with f32 activations and f32, f16 or bf16 weights, in panel16 or row-major.
#include "ops/cpu/linear_operands.h"
#include "ops/cpu/product.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

OINF_INLINE Form form(Layout layout) { return layout == Layout::panel16 ? Form::panels : Form::rows; }

uint64_t scratch(const KernelSite& site) {
  const KernelOperand &x = site.inputs[0], &w = site.inputs[1];
  return bias_bytes(site) + product_scratch(leading(x.shape, 1), last_axis(x.shape), leading(w.shape, 1), Stored::f32,
                                            stored(w.dtype), form(w.layout), site.threads);
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
  product.bias = take_bias(args, space);
  product.y = y.as<float>();
  product.y_stride = product.columns;
  run_product(product, space, *args.parallel);
  return true;
}

constexpr Kernel kKernels[] = {
    {"linear", "linear.f32." OINF_ISA_NAME, Isa::OINF_ISA, is_linear_by<DType::f32>, scratch, run},
    {"linear", "linear.f16." OINF_ISA_NAME, Isa::OINF_ISA, is_linear_by<DType::f16>, scratch, run},
    {"linear", "linear.bf16." OINF_ISA_NAME, Isa::OINF_ISA, is_linear_by<DType::bf16>, scratch, run},
};

}  // namespace

KernelList linear_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
