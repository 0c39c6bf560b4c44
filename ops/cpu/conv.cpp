// conv of dense f32 images over one to three axes. The weights are the rows of a product and the output's cells its
// columns, so that cells go to lanes; the patches that a panel of cells sees are gathered on the way.
#include "ops/cpu/faults.h"
#include "ops/cpu/linear_operands.h"
#include "ops/cpu/product.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

constexpr int kAxes = 3;  // missing axes stand in front with size 1

struct Three {
  int64_t at[kAxes];
};

OINF_INLINE Three sizes_of(const Shape& shape, int axes) {
  Three t{{1, 1, 1}};
  for (int i = 0; i < axes; ++i) t.at[kAxes - axes + i] = shape[shape.rank() - axes + i];
  return t;
}

// One number for all axes or one for each; of pad these are the beginnings.
OINF_INLINE Three attribute(const KernelAttr& attr, int axes, int64_t neutral) {
  Three t{{neutral, neutral, neutral}};
  const std::span<const int64_t> list = attr.integers();
  for (int i = 0; i < axes; ++i) t.at[kAxes - axes + i] = list.size() == 1 ? list[0] : list[static_cast<size_t>(i)];
  return t;
}

// One group of one image.
struct Patches {
  const float* x;  // [channels][size]
  int64_t channels, cells;
  Three size, kernel, output, stride, pad, dilation;
};

// Columns first … first+15 of [channels * taps][16]; outside of x, and beyond the last cell, stand zeros.
void gather(const void* maker, int64_t first, float* to) {
  const Patches& p = *static_cast<const Patches*>(maker);
  const int64_t count = p.cells - first < kPanel ? p.cells - first : kPanel;
  int64_t corner[kPanel][kAxes];
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = first + i;
    for (int a = kAxes - 1; a >= 0; --a) {
      corner[i][a] = rest % p.output.at[a] * p.stride.at[a] - p.pad.at[a];
      rest /= p.output.at[a];
    }
  }
  // Neighbours of one row of x lie side by side: whole vectors can be moved where none is outside.
  bool row = count == kPanel && p.stride.at[2] == 1;
  for (int64_t i = 1; row && i < count; ++i)
    row = corner[i][0] == corner[0][0] && corner[i][1] == corner[0][1] && corner[i][2] == corner[0][2] + i;
  const int64_t plane = p.size.at[1] * p.size.at[2], image = p.size.at[0] * plane;
  for (int64_t c = 0; c < p.channels; ++c) {
    const float* x = p.x + c * image;
    for (int64_t t0 = 0; t0 < p.kernel.at[0]; ++t0) {
      for (int64_t t1 = 0; t1 < p.kernel.at[1]; ++t1) {
        for (int64_t t2 = 0; t2 < p.kernel.at[2]; ++t2, to += kPanel) {
          const int64_t d0 = t0 * p.dilation.at[0], d1 = t1 * p.dilation.at[1], d2 = t2 * p.dilation.at[2];
          if (row) {
            const int64_t s0 = corner[0][0] + d0, s1 = corner[0][1] + d1, s2 = corner[0][2] + d2;
            if (s0 >= 0 && s0 < p.size.at[0] && s1 >= 0 && s1 < p.size.at[1] && s2 >= 0 &&
                s2 + kPanel <= p.size.at[2]) {
              const float* from = x + s0 * plane + s1 * p.size.at[2] + s2;
              for (int v = 0; v < kVectors; ++v) store(to + v * F32::kLanes, load(F32(), from + v * F32::kLanes));
              continue;
            }
          }
          for (int64_t i = 0; i < kPanel; ++i) {
            to[i] = 0.0f;
            if (i >= count) continue;
            const int64_t s0 = corner[i][0] + d0, s1 = corner[i][1] + d1, s2 = corner[i][2] + d2;
            if (s0 >= 0 && s0 < p.size.at[0] && s1 >= 0 && s1 < p.size.at[1] && s2 >= 0 && s2 < p.size.at[2])
              to[i] = x[s0 * plane + s1 * p.size.at[2] + s2];
          }
        }
      }
    }
  }
}

bool supports(const KernelSite& site) {
  const KernelOperand& w = site.inputs[1];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) && w.contiguous &&
         w.layout == Layout::rowmajor && is_short_float(w.dtype) && w.shape.rank() >= 3 && w.shape.rank() <= 5 &&
         site.inputs[0].shape.rank() == w.shape.rank() && is_short_or_absent(site, 2);
}

OINF_INLINE int64_t terms(const Shape& w) {
  int64_t n = 1;
  for (int a = 1; a < w.rank(); ++a) n *= w[a];
  return n;
}

uint64_t scratch(const KernelSite& site) {
  const Shape &w = site.inputs[1].shape, &y = site.outputs[0].shape;
  int64_t cells = 1;
  for (int a = 2; a < y.rank(); ++a) cells *= y[a];
  return bias_bytes(site) +
         product_scratch(w[0], terms(w), cells, stored(site.inputs[1].dtype), Stored::f32, Form::made, site.threads);
}

bool run(const KernelArgs& args) {
  if (!check_groups(args)) return false;
  const TensorView &x = args.inputs[0], &w = args.inputs[1], &y = args.outputs[0];
  if (y.elements() == 0) return true;
  const int axes = w.shape.rank() - 2;
  const int64_t groups = args.attributes[3].i, channels = w.shape[1], each = w.shape[0] / groups, n = terms(w.shape);
  Patches patches{};
  patches.channels = channels;
  patches.size = sizes_of(x.shape, axes);
  patches.kernel = sizes_of(w.shape, axes);
  patches.output = sizes_of(y.shape, axes);
  patches.stride = attribute(args.attributes[0], axes, 1);
  patches.pad = attribute(args.attributes[1], axes, 0);
  patches.dilation = attribute(args.attributes[2], axes, 1);
  patches.cells = patches.output.at[0] * patches.output.at[1] * patches.output.at[2];
  const int64_t image = patches.size.at[0] * patches.size.at[1] * patches.size.at[2];
  std::byte* space = args.scratch;
  const float* bias = take_bias(args, space);

  Product product{};
  product.x_stored = stored(w.dtype);
  product.rows = each;
  product.depth = n;
  product.x_stride = n;
  product.stored = Stored::f32;
  product.form = Form::made;
  product.columns = patches.cells;
  product.y_stride = patches.cells;
  product.make = gather;
  product.maker = &patches;
  const int64_t bytes = product.x_stored == Stored::f32 ? 4 : 2;
  for (int64_t b = 0; b < x.shape[0]; ++b) {
    for (int64_t g = 0; g < groups; ++g) {
      patches.x = x.as<const float>() + (b * groups + g) * channels * image;
      product.x = w.data + g * each * n * bytes;
      product.row_bias = bias == nullptr ? nullptr : bias + g * each;
      product.y = y.as<float>() + (b * groups + g) * each * patches.cells;
      run_product(product, space, *args.parallel);
    }
  }
  return true;
}

constexpr Kernel kKernels[] = {{"conv", "conv." OINF_ISA_NAME, Isa::OINF_ISA, supports, scratch, run}};

}  // namespace

KernelList conv_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
