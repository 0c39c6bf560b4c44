// conv, conv_transpose. An output element is one chain over (c, then the kernel's axes), rising; outside x stands 0,
// which counts as a term of conv. conv_transpose leaves out taps, so it reads blocks of weights as numbers.
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/quantised_chain.h"
#include "ops/reference/rows.h"
#include "ops/reference/spatial.h"

namespace openinfer::reference {
namespace {

// Terms of an output element: group's channels times cells of the kernel.
int64_t terms(const Shape& weight) { return weight.elements() / std::max<int64_t>(weight[0], 1); }

// The kernel's sizes as a view of [O, C, k…].
Images kernel_of(const TensorView& weight) { return Images(weight, weight.shape.rank() - 2); }

// Elements first … first+count-1 in row-major order.
template <class V>
void load_flat(const TensorView& v, int64_t first, int64_t count, V* out) {
  if (v.contiguous()) return load_elements(v.data, v.dtype, first, 1, count, out);
  for (int64_t i = 0; i < count; ++i) out[i] = element<V>(v, first + i);
}

// The part of x that an output cell sees, in the order of a row of weight.
template <class V>
void patch(const TensorView& view, const Images& x, const Images& kernel, int64_t b, int64_t first_channel,
           const Three& corner, const Three& dilation, V* out) {
  for (int64_t c = 0; c < kernel.channels; ++c)
    for (int64_t i = 0; i < kernel.cells(); ++i) {
      const Three tap = kernel.cell(i);
      const Three s = {corner[0] + tap[0] * dilation[0], corner[1] + tap[1] * dilation[1],
                       corner[2] + tap[2] * dilation[2]};
      *out++ = x.inside(s) ? load_element<V>(view.data, view.dtype, x.at(b, first_channel + c, s)) : V{0};
    }
}

// Row o of the weight, of n elements, times a patch. Blocks lie along the row, so they are met as in `linear`.
template <class V>
V dot(const TensorView& weight, int64_t o, V* patch, int64_t n) {
  if constexpr (std::is_same_v<V, float>)
    if (is_block(weight.dtype)) return quantised_chain(patch, n, weight, o);
  return chain<V>(
      n, [&](int64_t first, int64_t count, V* out) { load_flat(weight, o * n + first, count, out); },
      [&](int64_t first, int64_t count, V* out) { std::copy(patch + first, patch + first + count, out); });
}

template <class V>
void convolve(const KernelArgs& args) {
  const TensorView &xv = args.inputs[0], &wv = args.inputs[1], &yv = args.outputs[0];
  const int axes = wv.shape.rank() - 2;
  const Images x(xv, axes), kernel = kernel_of(wv), y(yv, axes);
  const Three stride = spread(args.attributes[0], axes, 1), pad = spread(args.attributes[1], axes, 0),
              dilation = spread(args.attributes[2], axes, 1);
  const int64_t groups = args.attributes[3].i, each = y.channels / groups, n = terms(wv.shape);
  // A patch meets all output channels of its group while it is at hand.
  threads(args).run(y.batch * groups * y.cells(), 1, [&](int64_t begin, int64_t end, int worker) {
    V* cells = reinterpret_cast<V*>(args.scratch) + worker * n;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i % y.cells(), g = i / y.cells() % groups, b = i / y.cells() / groups;
      const Three s = y.cell(at);
      patch(xv, x, kernel, b, g * kernel.channels,
            {s[0] * stride[0] - pad[0], s[1] * stride[1] - pad[1], s[2] * stride[2] - pad[2]}, dilation, cells);
      for (int64_t o = g * each; o < (g + 1) * each; ++o) {
        V v = dot(wv, o, cells, n);
        if (given(args, 2)) v = v + element<V>(args.inputs[2], o);
        store_element(yv.data, yv.dtype, y.at(b, o, s), v);
      }
    }
  });
}

bool right_groups(const KernelArgs& args, int64_t groups, int64_t channels, std::string_view op) {
  if (groups >= 1 && channels % groups == 0) return true;
  return args.fail(Code::R0003, "`" + std::string(op) + "`: " + std::to_string(channels) + " channels in " +
                                    std::to_string(groups) + " groups");
}

bool conv(const KernelArgs& args) {
  if (!right_groups(args, args.attributes[3].i, args.inputs[1].shape[0], "conv")) return false;
  if (is_integer(args.inputs[0].dtype)) {
    convolve<int64_t>(args);
  } else if (is_block(args.inputs[1].dtype)) {
    convolve<float>(args);
  } else {
    with_real(args, [&](auto zero) { convolve<decltype(zero)>(args); });
  }
  return true;
}

uint64_t conv_scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.threads) * static_cast<uint64_t>(terms(site.inputs[1].shape)) * sizeof(double);
}

// The taps of an output cell that meet x: (s + pad − tap · dilation) / stride is whole and inside x.
template <class V>
int64_t meeting(const TensorView& view, const Images& x, const Images& kernel, int64_t b, int64_t channel,
                const Three& place, const Three& stride, const Three& dilation, V* values, int64_t* taps) {
  int64_t n = 0;
  for (int64_t i = 0; i < kernel.cells(); ++i) {
    const Three tap = kernel.cell(i);
    Three s{};
    bool whole = true;
    for (size_t a = 0; a < 3; ++a) {
      const int64_t at = place[a] - tap[a] * dilation[a];
      whole = whole && at >= 0 && at % stride[a] == 0;
      s[a] = at / stride[a];
    }
    if (!whole || !x.inside(s)) continue;
    values[n] = load_element<V>(view.data, view.dtype, x.at(b, channel, s));
    taps[n++] = i;
  }
  return n;
}

template <class V>
void convolve_transposed(const KernelArgs& args) {
  const TensorView &xv = args.inputs[0], &wv = args.inputs[1], &yv = args.outputs[0];
  const int axes = wv.shape.rank() - 2;
  const Images x(xv, axes), kernel = kernel_of(wv), y(yv, axes);
  const Three stride = spread(args.attributes[0], axes, 1), pad = spread(args.attributes[1], axes, 0),
              dilation = spread(args.attributes[2], axes, 1);
  const int64_t groups = args.attributes[3].i, outs = kernel.channels, each = x.channels / groups,
                cells = kernel.cells();
  threads(args).run(y.batch * y.channels * y.cells(), 1, [&](int64_t begin, int64_t end, int worker) {
    auto* taps = reinterpret_cast<int64_t*>(args.scratch) + 2 * worker * cells;
    V* values = reinterpret_cast<V*>(taps + cells);
    for (int64_t i = begin; i < end; ++i) {
      const Three s = y.cell(i % y.cells());
      const int64_t o = i / y.cells() % y.channels, b = i / y.cells() / y.channels, g = o / outs;
      V total = 0, acc = 0;
      int64_t term = 0;
      for (int64_t c = g * each; c < (g + 1) * each; ++c) {
        const int64_t n =
            meeting(xv, x, kernel, b, c, {s[0] + pad[0], s[1] + pad[1], s[2] + pad[2]}, stride, dilation, values, taps);
        for (int64_t k = 0; k < n; ++k, ++term) {
          if (term > 0 && term % kSegment == 0) {
            total += acc;
            acc = 0;
          }
          acc = multiply_add(element<V>(wv, (c * outs + o % outs) * cells + taps[k]), values[k], acc);
        }
      }
      V v = total + acc;
      if (given(args, 2)) v = v + element<V>(args.inputs[2], o);
      store_element(yv.data, yv.dtype, y.at(b, o, s), v);
    }
  });
}

bool conv_transpose(const KernelArgs& args) {
  if (!right_groups(args, args.attributes[3].i, args.inputs[1].shape[0], "conv_transpose")) return false;
  for (int64_t stride : args.attributes[0].integers())
    if (stride < 1) return args.fail(Code::R0005, "`conv_transpose`: stride " + std::to_string(stride));
  with_real(args, [&](auto zero) { convolve_transposed<decltype(zero)>(args); });
  return true;
}

uint64_t transposed_scratch(const KernelSite& site) {
  const Shape& w = site.inputs[1].shape;
  int64_t cells = 1;
  for (int a = 2; a < w.rank(); ++a) cells *= w[a];
  return static_cast<uint64_t>(site.threads) * static_cast<uint64_t>(cells) * 2 * sizeof(int64_t);
}

const Kernel kKernels[] = {
    {"conv", "conv.reference", Isa::portable, nullptr, conv_scratch, conv},
    {"conv_transpose", "conv_transpose.reference", Isa::portable, nullptr, transposed_scratch, conv_transpose},
};

}  // namespace

KernelList convolution_kernels() { return kKernels; }

}  // namespace openinfer::reference
