// max_pool, avg_pool.
#include <algorithm>
#include <array>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/reference/spatial.h"

namespace openinfer::reference {
namespace {

struct Windows {
  int axes;
  Three kernel, stride, pad, pad_end, dilation;

  explicit Windows(const KernelArgs& args) {
    const int rank = args.inputs[0].shape.rank();
    const auto listed = static_cast<int>(args.attributes[0].integers().size());
    axes = listed > 1 ? listed : std::max(1, rank - 2);
    kernel = spread(args.attributes[0], axes, 1);
    stride = spread(args.attributes[1], axes, 1);
    pad = pad_end = spread(args.attributes[2], axes, 0);
    dilation = spread(args.attributes[3], axes, 1);
    const auto pads = args.attributes[2].integers();
    if (pads.size() == static_cast<size_t>(2 * axes))
      for (int i = 0; i < axes; ++i) pad_end[static_cast<size_t>(3 - axes + i)] = pads[static_cast<size_t>(axes + i)];
  }

  // Elements of the kernel along axis a whose place start + i · dilation lies from `low` to before `high`.
  struct Part {
    int64_t begin, end;
  };
  [[nodiscard]] Part part(size_t a, int64_t start, int64_t low, int64_t high) const {
    const int64_t d = dilation[a], begin = start >= low ? 0 : (low - start + d - 1) / d,
                  end = start >= high ? 0 : std::min(kernel[a], (high - start - 1) / d + 1);
    return {begin, std::max(begin, end)};
  }

  // Calls body(cell) for the cells of x in the window of output cell s, in kernel order.
  template <class Body>
  void each(const Images& x, const Three& s, const Body& body) const {
    Three start;
    std::array<Part, 3> inside;
    for (size_t a = 0; a < 3; ++a) {
      start[a] = s[a] * stride[a] - pad[a];
      inside[a] = part(a, start[a], 0, x.size[a]);
    }
    for (int64_t i = inside[0].begin; i < inside[0].end; ++i)
      for (int64_t j = inside[1].begin; j < inside[1].end; ++j)
        for (int64_t k = inside[2].begin; k < inside[2].end; ++k)
          body(Three{start[0] + i * dilation[0], start[1] + j * dilation[1], start[2] + k * dilation[2]});
  }

  // How many places of the window lie in x, or in x and its padding.
  [[nodiscard]] int64_t count(const Images& x, const Three& s, bool padding) const {
    int64_t n = 1;
    for (size_t a = 0; a < 3; ++a) {
      const Part p = part(a, s[a] * stride[a] - pad[a], padding ? -pad[a] : 0, x.size[a] + (padding ? pad_end[a] : 0));
      n *= p.end - p.begin;
    }
    return n;
  }
};

// Calls body(offset in x of the image, cell of y, offset in y, index of the result) for every result.
template <class Body>
void each_result(const KernelArgs& args, const Images& x, const Images& y, const Body& body) {
  threads(args).run(y.batch * y.channels * y.cells(), 64, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t c = i / y.cells() % y.channels, b = i / y.cells() / y.channels;
      const Three s = y.cell(i % y.cells());
      body(x.at(b, c, {0, 0, 0}), s, y.at(b, c, s), i);
    }
  });
}

template <class V>
bool largest(const KernelArgs& args) {
  const Windows w(args);
  const TensorView &xv = args.inputs[0], &yv = args.outputs[0];
  const Images x(xv, w.axes), y(yv, w.axes);
  const bool places = args.outputs.size() > 1 && args.outputs[1].data;
  bool all_met = true;
  each_result(args, x, y, [&](int64_t image, const Three& s, int64_t to, int64_t i) {
    V best{};
    int64_t at = -1;
    w.each(x, s, [&](const Three& p) {
      const V v = load_element<V>(xv.data, xv.dtype, image + x.at(0, 0, p));
      if (at >= 0 && !(v > best) && !(v != v && best == best)) return;
      best = v;
      at = (p[0] * x.size[1] + p[1]) * x.size[2] + p[2];
    });
    if (at < 0) all_met = false;
    store_element(yv.data, yv.dtype, to, best);
    if (places) set_element(args.outputs[1], i, at);
  });
  return all_met || args.fail(Code::R0005, "`max_pool`: a window holds no cell of x");
}

bool max_pool(const KernelArgs& args) {
  const DType t = args.inputs[0].dtype;
  if (is_float(t)) return largest<double>(args);
  return is_signed(t) ? largest<int64_t>(args) : largest<uint64_t>(args);
}

template <class V>
void averages(const KernelArgs& args) {
  const Windows w(args);
  const TensorView &xv = args.inputs[0], &yv = args.outputs[0];
  const Images x(xv, w.axes), y(yv, w.axes);
  const bool count_pad = args.attributes[5].i != 0;
  each_result(args, x, y, [&](int64_t image, const Three& s, int64_t to, int64_t) {
    V sum = 0;
    w.each(x, s, [&](const Three& p) { sum += load_element<V>(xv.data, xv.dtype, image + x.at(0, 0, p)); });
    store_element(yv.data, yv.dtype, to, sum / static_cast<V>(w.count(x, s, count_pad)));
  });
}

bool avg_pool(const KernelArgs& args) {
  with_real(args, [&](auto zero) { averages<decltype(zero)>(args); });
  return true;
}

const Kernel kKernels[] = {
    {"avg_pool", "avg_pool.reference", Isa::portable, nullptr, nullptr, avg_pool},
    {"max_pool", "max_pool.reference", Isa::portable, nullptr, nullptr, max_pool},
};

}  // namespace

KernelList pool_kernels() { return kKernels; }

}  // namespace openinfer::reference
