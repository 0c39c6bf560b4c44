// matmul of dense f32 by dense f32, f16 or bf16, NumPy's rule for vectors and leading axes.
#include "ops/cpu/align64.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/product.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

bool supports(const KernelSite& site) {
  const KernelOperand& b = site.inputs[1];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) && b.contiguous &&
         b.layout == Layout::rowmajor && is_short_float(b.dtype);
}

struct Sizes {
  int64_t rows, depth, columns, batches;
  bool one_b;  // every matrix of a meets the same b, so that a's are the rows of one
};

OINF_INLINE Sizes sizes_of(const Shape& a, const Shape& b) {
  Sizes s{};
  s.rows = a.rank() == 1 ? 1 : a[a.rank() - 2];
  s.depth = last_axis(a);
  s.columns = b.rank() == 1 ? 1 : last_axis(b);
  s.one_b = leading(b, 2) == 1 || b.rank() <= 2;
  s.batches = 1;
  const int axes = a.rank() > b.rank() ? a.rank() : b.rank();
  for (int i = 0; i < axes - 2; ++i) {
    const int in_a = i - (axes - a.rank()), in_b = i - (axes - b.rank());
    const int64_t x = in_a < 0 ? 1 : a[in_a], y = in_b < 0 ? 1 : b[in_b];
    s.batches *= x == 1 ? y : x;
  }
  if (s.one_b) {
    s.rows *= a.rank() > 2 ? leading(a, 2) : 1;
    s.batches = 1;
  }
  return s;
}

// Which matrix of an operand batch `index` reads: its leading axes against y's.
OINF_INLINE int64_t matrix_of(const Shape& operand, const Shape& other, int64_t index) {
  const int axes = operand.rank() > other.rank() ? operand.rank() : other.rank();
  int64_t matrix = 0, step = 1;
  for (int i = axes - 3; i >= 0; --i) {
    const int here = i - (axes - operand.rank()), there = i - (axes - other.rank());
    const int64_t mine = here < 0 ? 1 : operand[here], theirs = there < 0 ? 1 : other[there];
    const int64_t size = mine == 1 ? theirs : mine;
    if (mine != 1) matrix += index % size * step;
    step *= mine;
    index /= size;
  }
  return matrix;
}

// Scratch of a thread that multiplies whole matrices by itself.
OINF_INLINE uint64_t thread_bytes(int64_t rows, const Sizes& s, Stored b) {
  return static_cast<uint64_t>(
      align64(static_cast<int64_t>(product_scratch(rows, s.depth, s.columns, Stored::f32, b, Form::columns, 1))));
}

uint64_t scratch(const KernelSite& site) {
  const Sizes s = sizes_of(site.inputs[0].shape, site.inputs[1].shape);
  // Of all the rows, whichever of the two ways the run takes; each thread has its own where batches are split.
  const int64_t rows = s.rows > leading(site.inputs[0].shape, 1) ? s.rows : leading(site.inputs[0].shape, 1);
  const Stored b = stored(site.inputs[1].dtype);
  const uint64_t all = product_scratch(rows, s.depth, s.columns, Stored::f32, b, Form::columns, site.threads);
  if (s.batches < site.threads) return all;
  const uint64_t each = static_cast<uint64_t>(site.threads) * thread_bytes(rows, s, b);
  return each > all ? each : all;
}

bool run(const KernelArgs& args) {
  const TensorView &a = args.inputs[0], &b = args.inputs[1], &y = args.outputs[0];
  if (y.elements() == 0) return true;
  const Sizes s = sizes_of(a.shape, b.shape);
  const auto multiply = [&](int64_t batch, std::byte* space, Parallel& threads) {
    Product product{};
    product.rows = s.rows;
    product.depth = s.depth;
    product.columns = s.columns;
    product.x = a.data + (s.one_b ? 0 : matrix_of(a.shape, b.shape, batch)) * s.rows * s.depth * 4;
    product.x_stored = Stored::f32;
    product.x_stride = s.depth;
    product.stored = stored(b.dtype);
    const int64_t bytes = product.stored == Stored::f32 ? 4 : 2;
    product.w = b.data + (s.one_b ? 0 : matrix_of(b.shape, a.shape, batch)) * s.depth * s.columns * bytes;
    product.form = Form::columns;
    product.y = y.as<float>() + batch * s.rows * s.columns;
    product.y_stride = s.columns;
    run_product(product, space, threads);
  };
  if (s.batches < args.parallel->threads()) {
    for (int64_t i = 0; i < s.batches; ++i) multiply(i, args.scratch, *args.parallel);
    return true;
  }
  const uint64_t one = thread_bytes(s.rows, s, stored(b.dtype));
  const int64_t terms = s.rows * s.depth * s.columns + 1;
  args.parallel->run(s.batches, 1 + (64 << 10) / terms, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; ++i) multiply(i, args.scratch + static_cast<uint64_t>(worker) * one, one_thread());
  });
  return true;
}

constexpr Kernel kKernels[] = {{"matmul", "matmul." OINF_ISA_NAME, Isa::OINF_ISA, supports, scratch, run}};

}  // namespace

KernelList matmul_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
