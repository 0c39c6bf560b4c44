// softmax, rms_norm, layer_norm, batch_norm, group_norm. Sums are taken in 64 lanes. Every pass reads x, so that y may
// be x: the last pass reads an element before it writes it.
#include <cmath>
#include <limits>

#include "ops/math/scalar.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

// Elements that are normalised together: `count` of x and y, `stride` apart.
struct Line {
  const TensorView &x, &y;
  int64_t x_start, x_stride, y_start, y_stride, count;

  template <class V>
  V get(int64_t i) const {
    return load_element<V>(x.data, x.dtype, x_start + i * x_stride);
  }
  template <class V>
  void set(int64_t i, V v) const {
    store_element(y.data, y.dtype, y_start + i * y_stride, v);
  }
};

int64_t start_of_line(const TensorView& v, int64_t line, int axis) {
  int64_t offset = 0;
  for (int a = v.shape.rank() - 1; a >= 0; --a) {
    if (a == axis) continue;
    offset += line % v.shape[a] * stride_of(v, a);
    line /= v.shape[a];
  }
  return offset;
}

// Calls body(line) for every line of x along an axis.
template <class Body>
void each_line(const KernelArgs& args, int axis, const Body& body) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int64_t count = x.shape[axis];
  if (x.elements() == 0) return;
  threads(args).run(x.elements() / count, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i)
      body(Line{x, y, start_of_line(x, i, axis), stride_of(x, axis), start_of_line(y, i, axis), stride_of(y, axis),
                count});
  });
}

bool empty_axis(const KernelArgs& args, std::string_view op, int axis) {
  const Shape& s = args.inputs[0].shape;
  if (s[axis] != 0) return false;
  args.fail(Code::R0005,
            "`" + std::string(op) + "`: axis " + std::to_string(axis) + " of x " + to_string(s) + " is empty");
  return true;
}

bool softmax(const KernelArgs& args) {
  const int axis = axis_of(args.attributes[0].i, args.inputs[0].shape.rank());
  if (axis < 0) return args.fail(Code::R0005, "`softmax`: no axis " + std::to_string(args.attributes[0].i));
  if (empty_axis(args, "softmax", axis)) return false;
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    each_line(args, axis, [](const Line& line) {
      V top = -std::numeric_limits<V>::infinity();
      for (int64_t i = 0; i < line.count; ++i) top = std::max(top, line.get<V>(i));
      Lanes<V> lanes;
      for (int64_t i = 0; i < line.count; ++i) lanes[i] += math::exp(line.get<V>(i) - top);
      const V sum = lanes.sum();
      for (int64_t i = 0; i < line.count; ++i) line.set(i, math::exp(line.get<V>(i) - top) / sum);
    });
  });
  return true;
}

bool rms_norm(const KernelArgs& args) {
  const int axis = args.inputs[0].shape.rank() - 1;
  const TensorView& weight = args.inputs[1];
  if (empty_axis(args, "rms_norm", axis)) return false;
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const V eps = static_cast<V>(args.attributes[0].f), offset = static_cast<V>(args.attributes[1].f);
    each_line(args, axis, [&](const Line& line) {
      Lanes<V> lanes;
      for (int64_t i = 0; i < line.count; ++i) lanes[i] = std::fma(line.get<V>(i), line.get<V>(i), lanes[i]);
      const V r = V{1} / std::sqrt(lanes.sum() / static_cast<V>(line.count) + eps);
      for (int64_t i = 0; i < line.count; ++i) line.set(i, (line.get<V>(i) * r) * (offset + element<V>(weight, i)));
    });
  });
  return true;
}

// Mean first, then the mean of (x − mean)².
template <class V>
struct Moments {
  V mean, scale;  // scale: 1 / √(var + eps)
  Moments(const Line& line, V eps) {
    Lanes<V> sums, squares;
    for (int64_t i = 0; i < line.count; ++i) sums[i] += line.get<V>(i);
    mean = sums.sum() / static_cast<V>(line.count);
    for (int64_t i = 0; i < line.count; ++i) {
      const V d = line.get<V>(i) - mean;
      squares[i] = std::fma(d, d, squares[i]);
    }
    scale = V{1} / std::sqrt(squares.sum() / static_cast<V>(line.count) + eps);
  }
};

// Steps of y = (x − mean) · scale · weight + bias, each rounded.
template <class V>
V scaled(const KernelArgs& args, V x, V mean, V scale, size_t weight, int64_t channel) {
  V v = (x - mean) * scale;
  if (given(args, weight)) v = v * element<V>(args.inputs[weight], channel);
  if (given(args, weight + 1)) v = v + element<V>(args.inputs[weight + 1], channel);
  return v;
}

bool layer_norm(const KernelArgs& args) {
  const int axis = args.inputs[0].shape.rank() - 1;
  if (empty_axis(args, "layer_norm", axis)) return false;
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const V eps = static_cast<V>(args.attributes[0].f);
    each_line(args, axis, [&](const Line& line) {
      const Moments<V> m(line, eps);
      for (int64_t i = 0; i < line.count; ++i) line.set(i, scaled(args, line.get<V>(i), m.mean, m.scale, 1, i));
    });
  });
  return true;
}

bool batch_norm(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int64_t channels = x.shape[1];
  if (x.elements() == 0) return true;
  const int64_t image = x.elements() / (x.shape[0] * channels);
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const V eps = static_cast<V>(args.attributes[0].f);
    threads(args).run(x.elements(), 1024, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i / image % channels;
        const V a = element<V>(args.inputs[1], c) * (V{1} / std::sqrt(element<V>(args.inputs[4], c) + eps));
        set_element(y, i, (element<V>(x, i) - element<V>(args.inputs[3], c)) * a + element<V>(args.inputs[2], c));
      }
    });
  });
  return true;
}

bool group_norm(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int64_t groups = args.attributes[0].i, channels = x.shape[1];
  if (groups < 1 || channels % groups != 0)
    return args.fail(Code::R0003, "`group_norm`: " + std::to_string(channels) + " channels in " +
                                      std::to_string(groups) + " groups");
  if (x.shape[0] == 0) return true;
  const int64_t count = x.elements() / (x.shape[0] * groups),
                image = x.elements() / (x.shape[0] * std::max<int64_t>(channels, 1));
  if (count == 0) return args.fail(Code::R0005, "`group_norm`: a group of x " + to_string(x.shape) + " is empty");
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const V eps = static_cast<V>(args.attributes[1].f);
    threads(args).run(x.shape[0] * groups, 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t g = begin; g < end; ++g) {
        Lanes<V> sums, squares;
        for (int64_t i = 0; i < count; ++i) sums[i] += element<V>(x, g * count + i);
        const V mean = sums.sum() / static_cast<V>(count);
        for (int64_t i = 0; i < count; ++i) {
          const V d = element<V>(x, g * count + i) - mean;
          squares[i] = std::fma(d, d, squares[i]);
        }
        const V scale = V{1} / std::sqrt(squares.sum() / static_cast<V>(count) + eps);
        for (int64_t i = 0; i < count; ++i)
          set_element(y, g * count + i,
                      scaled(args, element<V>(x, g * count + i), mean, scale, 1, (g * count + i) / image % channels));
      }
    });
  });
  return true;
}

const Kernel kKernels[] = {
    {"batch_norm", "batch_norm.reference", Isa::portable, nullptr, nullptr, batch_norm},
    {"group_norm", "group_norm.reference", Isa::portable, nullptr, nullptr, group_norm},
    {"layer_norm", "layer_norm.reference", Isa::portable, nullptr, nullptr, layer_norm},
    {"rms_norm", "rms_norm.reference", Isa::portable, nullptr, nullptr, rms_norm},
    {"softmax", "softmax.reference", Isa::portable, nullptr, nullptr, softmax},
};

}  // namespace

KernelList norm_kernels() { return kKernels; }

}  // namespace openinfer::reference
