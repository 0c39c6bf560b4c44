// matmul: y[…, m, n] = Σ_k a[…, m, k] · b[…, k, n], NumPy's rule for vectors and leading axes.
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

// Where the elements of an operand lie: [batch…, rows, columns] with missing axes added.
struct Matrices {
  TensorView view;
  int64_t row_stride, column_stride;

  // A vector is a row on the left side and a column on the right one.
  Matrices(const TensorView& v, bool left) : view(v) {
    const int r = v.shape.rank();
    row_stride = r == 1 ? (left ? 0 : view.strides[0]) : stride_of(view, r - 2);
    column_stride = r == 1 ? (left ? view.strides[0] : 0) : stride_of(view, r - 1);
  }
  [[nodiscard]] int batch_axes() const { return std::max(0, view.shape.rank() - 2); }

  // Offset of the matrix that batch `index` of shape `batch` reads.
  [[nodiscard]] int64_t start(int64_t index, const Shape& batch) const {
    int64_t offset = 0;
    for (int a = batch.rank() - 1; a >= 0; --a) {
      const int at = a - (batch.rank() - batch_axes());
      if (at >= 0 && view.shape[at] != 1) offset += index % batch[a] * stride_of(view, at);
      index /= batch[a];
    }
    return offset;
  }
};

template <class V>
void multiply(const KernelArgs& args) {
  const TensorView& y = args.outputs[0];
  const Matrices a(args.inputs[0], true), b(args.inputs[1], false);
  const int ra = args.inputs[0].shape.rank(), rb = args.inputs[1].shape.rank();
  const int64_t rows = ra == 1 ? 1 : args.inputs[0].shape[ra - 2], inner = args.inputs[0].shape[ra - 1];
  const int64_t columns = rb == 1 ? 1 : args.inputs[1].shape[rb - 1];
  Shape batch;
  for (int i = 0; i < y.shape.rank() - (ra > 1) - (rb > 1); ++i) batch.push_back(y.shape[i]);
  threads(args).run(y.elements(), is_packed(y.dtype) ? INT64_MAX : 16, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i % columns, m = i / columns % rows, which = i / columns / rows;
      const int64_t at = a.start(which, batch) + m * a.row_stride, bt = b.start(which, batch) + n * b.column_stride;
      set_element(y, i,
                  chain<V>(
                      inner,
                      [&](int64_t k, int64_t count, V* out) {
                        load_elements(a.view.data, a.view.dtype, at + k * a.column_stride, a.column_stride, count, out);
                      },
                      [&](int64_t k, int64_t count, V* out) {
                        load_elements(b.view.data, b.view.dtype, bt + k * b.row_stride, b.row_stride, count, out);
                      }));
    }
  });
}

bool matmul(const KernelArgs& args) {
  const DType x = args.inputs[0].dtype;
  if (is_float(x)) {
    with_real(args, [&](auto zero) { multiply<decltype(zero)>(args); });
  } else if (is_signed(x)) {
    multiply<int64_t>(args);
  } else {
    multiply<uint64_t>(args);  // bool: a sum of 0 and 1 that is not 0 is true
  }
  return true;
}

bool row_major(const KernelSite& site) {
  return site.inputs[0].layout == Layout::rowmajor && site.inputs[1].layout == Layout::rowmajor;
}

const Kernel kKernels[] = {{"matmul", "matmul.reference", Isa::portable, row_major, nullptr, matmul}};

}  // namespace

KernelList matmul_kernels() { return kKernels; }

}  // namespace openinfer::reference
