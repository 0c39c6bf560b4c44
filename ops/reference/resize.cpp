// resize: every axis whose size changes is resized on its own, the last one first. Only what lies between two axes is
// held in scratch, never a copy of x or y: a large picture that becomes a small one takes the room of its rows'
// results.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>
#include <vector>

#include "ir/align64.h"
#include "ops/element.h"
#include "ops/math/scalar.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

enum class Mode { linear, nearest, cubic, lanczos };
enum class Coordinates { half_pixel, align_corners, asymmetric };

struct Filter {
  Mode mode;
  bool antialias, repeat;
  Coordinates coordinates;
  double cubic_a;

  [[nodiscard]] double radius() const { return mode == Mode::cubic ? 2 : mode == Mode::lanczos ? 3 : 1; }

  [[nodiscard]] double weight(double t) const {
    t = std::fabs(t);
    if (mode == Mode::linear) return t < 1 ? 1 - t : 0;
    if (mode == Mode::cubic) {
      const double a = cubic_a;
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    }
    return t < 3 ? sinc(t) * sinc(t / 3) : 0;
  }
  static double sinc(double t) { return t == 0 ? 1 : math::sin(t * std::numbers::pi) / (t * std::numbers::pi); }

  // Centre of cell i of m in an axis of n cells.
  [[nodiscard]] double centre(int64_t i, int64_t n, int64_t m) const {
    const auto at = static_cast<double>(i), from = static_cast<double>(n), to = static_cast<double>(m);
    switch (coordinates) {
      case Coordinates::align_corners:
        return m == 1 ? 0.5 : at * (from - 1) / (to - 1) + 0.5;
      case Coordinates::asymmetric:
        return at * from / to + 0.5;
      case Coordinates::half_pixel:
        break;
    }
    return (at + 0.5) * from / to;
  }
};

// Cells first … first+count-1 and their weights make cell i. Cells may lie outside with `repeat`.
struct Taps {
  int64_t first = 0, count = 0;
  int64_t at = 0;  // of the weights, in a band
};

Taps taps(const Filter& f, int64_t i, int64_t n, int64_t m, double* weights) {
  const double c = f.centre(i, n, m);
  if (f.mode == Mode::nearest) {
    weights[0] = 1;
    return {std::clamp<int64_t>(static_cast<int64_t>(std::floor(c)), 0, n - 1), 1};
  }
  const double s = f.antialias ? std::max(static_cast<double>(n) / static_cast<double>(m), 1.0) : 1.0,
               r = s * f.radius();
  auto lo = static_cast<int64_t>(std::floor(c - r + 0.5)), hi = static_cast<int64_t>(std::floor(c + r + 0.5));
  if (!f.repeat) {
    lo = std::max<int64_t>(lo, 0);
    hi = std::min(hi, n);
  }
  double sum = 0;
  for (int64_t k = lo; k < hi; ++k) sum += weights[k - lo] = f.weight((static_cast<double>(k) + 0.5 - c) * (1 / s));
  for (int64_t k = lo; k < hi; ++k) weights[k - lo] /= sum;
  return {lo, hi - lo};
}

// Most cells that one result needs.
int64_t most_taps(int64_t n, int64_t m) {
  if (m == 0) return 0;
  return 2 * static_cast<int64_t>(std::ceil(3 * std::max(static_cast<double>(n) / static_cast<double>(m), 1.0))) + 2;
}

// Bytes are sums in steps of 2^-22; floats one chain in rising k.
template <class V>
V stored_weight(double w) {
  if constexpr (std::is_integral_v<V>) {
    return std::llround(w * 0x1p22);
  } else {
    return static_cast<V>(static_cast<float>(w));
  }
}
// x: the cells t.first … of an axis of n cells, the first of which is cell `begin`.
template <class V>
V apply(const V* x, int64_t begin, int64_t n, const Taps& t, const V* weights) {
  const auto cell = [&](int64_t k) { return x[std::clamp<int64_t>(t.first + k, 0, n - 1) - begin]; };
  if constexpr (std::is_integral_v<V>) {
    int64_t sum = int64_t{1} << 21;
    for (int64_t k = 0; k < t.count; ++k) sum += weights[k] * cell(k);
    return static_cast<V>(std::clamp<int64_t>(sum >> 22, 0, 255));
  } else {
    V acc = 0;
    for (int64_t k = 0; k < t.count; ++k) acc = std::fma(weights[k], cell(k), acc);
    return acc;
  }
}

constexpr int64_t kWeights = 1 << 13, kWindow = 1 << 14;  // numbers, at most unless one cell needs more

// Some neighbouring cells of the result: their weights, and the cells of x that they need.
template <class V>
struct Band {
  Taps* taps;
  V* weights;
  int64_t count = 0, begin = 0, end = 0;
};

// From cell i on as many as there is room for. space: numbers for the weights of one cell.
template <class V>
void fill(Band<V>& b, const Filter& f, int64_t i, int64_t n, int64_t m, double* space) {
  b.count = 0;
  for (int64_t used = 0; i < m && b.count < kWeights; ++i) {
    Taps t = taps(f, i, n, m, space);
    const int64_t lo = std::clamp<int64_t>(t.first, 0, n - 1), hi = std::clamp<int64_t>(t.first + t.count, lo + 1, n);
    if (b.count == 0) {
      b.begin = lo, b.end = hi;
    } else if (used + t.count > kWeights || std::max(b.end, hi) - std::min(b.begin, lo) > kWindow) {
      return;
    }
    b.begin = std::min(b.begin, lo), b.end = std::max(b.end, hi);
    t.at = used;
    b.taps[b.count++] = t;
    for (int64_t k = 0; k < t.count; ++k) b.weights[used++] = stored_weight<V>(space[k]);
  }
}

int64_t weights_room(int64_t n, int64_t m) { return std::max(kWeights, most_taps(n, m)); }
int64_t window_room(int64_t n, int64_t m) { return std::max(kWindow, most_taps(n, m)); }

// Scratch behind the buffers, in bytes: a band and the weights of one cell, then for each worker a window and results.
uint64_t working_bytes(int64_t n, int64_t m, int threads) {
  const auto one = static_cast<uint64_t>(weights_room(n, m)) + static_cast<uint64_t>(most_taps(n, m)),
             each = static_cast<uint64_t>(window_room(n, m)) + static_cast<uint64_t>(kWeights);
  return static_cast<uint64_t>(kWeights) * sizeof(Taps) +
         (one + static_cast<uint64_t>(threads) * each) * sizeof(double);
}

// Resizes `axis` of x; the other axes of y are those of x.
template <class V>
void resize_axis(Parallel& parallel, const Filter& f, const TensorView& x, const TensorView& y, int axis,
                 std::byte* scratch) {
  const int rank = x.shape.rank();
  const int64_t n = x.shape[axis], m = y.shape[axis], room = window_room(n, m);
  int64_t outer = 1, inner = 1;
  for (int a = 0; a < axis; ++a) outer *= x.shape[a];
  for (int a = axis + 1; a < rank; ++a) inner *= x.shape[a];
  const int64_t from_step = stride_of(x, axis), to_step = stride_of(y, axis);
  Band<V> band{reinterpret_cast<Taps*>(scratch), reinterpret_cast<V*>(scratch + kWeights * sizeof(Taps))};
  auto* const space = reinterpret_cast<double*>(band.weights + weights_room(n, m));
  auto* const lines = reinterpret_cast<V*>(space + most_taps(n, m));
  for (int64_t first = 0; first < m; first += band.count) {
    fill(band, f, first, n, m, space);
    parallel.run(outer * inner, 16, [&](int64_t begin, int64_t end, int worker) {
      V* const in = lines + worker * (room + kWeights);
      V* const out = in + room;
      for (int64_t line = begin; line < end; ++line) {
        const int64_t o = line / inner, c = line % inner;
        load_elements(x.data, x.dtype, offset_of(x, o * n * inner + c, rank) + band.begin * from_step, from_step,
                      band.end - band.begin, in);
        for (int64_t i = 0; i < band.count; ++i) {
          const Taps& t = band.taps[i];
          out[i] =
              f.mode == Mode::nearest ? in[t.first - band.begin] : apply(in, band.begin, n, t, band.weights + t.at);
        }
        store_elements(y.data, y.dtype, offset_of(y, o * m * inner + c, rank) + first * to_step, to_step, band.count,
                       out);
      }
    });
  }
}

// The axes to resize, in order.
std::vector<int> changing(const Shape& x, const Shape& y) {
  std::vector<int> axes;
  for (int a = x.rank() - 1; a >= 0; --a)
    if (x[a] != y[a]) axes.push_back(a);
  return axes;
}

// The largest tensor between two axes.
uint64_t most_between(const Shape& x, const Shape& y) {
  Shape s = x;
  uint64_t most = 0;
  const std::vector<int> axes = changing(x, y);
  for (size_t i = 0; i + 1 < axes.size(); ++i) {
    s[axes[i]] = y[axes[i]];
    most = std::max(most, static_cast<uint64_t>(s.elements()));
  }
  return most;
}

// Of what lies between two axes: bytes stay bytes.
DType held(DType x, DType y) {
  return x == DType::u8 ? x : x == DType::f64 || y == DType::f64 ? DType::f64 : DType::f32;
}
// Both buffers, of 64 bytes aligned.
uint64_t buffer_bytes(const Shape& x, const Shape& y, DType type) {
  return align64(most_between(x, y) * info(type).bits / 8);
}

template <class V>
void resize_all(const KernelArgs& args, const Filter& f) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const std::vector<int> axes = changing(x.shape, y.shape);
  const DType between = held(x.dtype, y.dtype);
  const uint64_t bytes = buffer_bytes(x.shape, y.shape, between);
  if (axes.empty()) {
    V v;
    for (int64_t i = 0; i < y.elements(); ++i) {
      v = element<V>(x, i);
      set_element(y, i, v);
    }
    return;
  }
  TensorView from = x;
  for (size_t i = 0; i < axes.size(); ++i) {
    TensorView to = y;
    if (i + 1 < axes.size()) {
      Shape shape = from.shape;
      shape[axes[i]] = y.shape[axes[i]];
      to = TensorView::dense(args.scratch + i % 2 * bytes, between, shape);
    }
    resize_axis<V>(threads(args), f, from, to, axes[i], args.scratch + 2 * bytes);
    from = to;
  }
}

bool resize(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  for (int a = 0; a < x.shape.rank(); ++a)
    if (x.shape[a] == 0 && y.shape[a] != 0)
      return args.fail(Code::R0003, "`resize`: axis " + std::to_string(a) + " of x " + to_string(x.shape) +
                                        " is empty, y is " + to_string(y.shape));
  if (y.elements() == 0) return true;
  const Filter f{static_cast<Mode>(args.attributes[0].i), args.attributes[1].i != 0, args.attributes[3].i != 0,
                 static_cast<Coordinates>(args.attributes[2].i), args.attributes[4].f};
  if (x.dtype == DType::u8) {
    resize_all<int64_t>(args, f);
  } else {
    with_real(args, [&](auto zero) { resize_all<decltype(zero)>(args, f); });
  }
  return true;
}

uint64_t scratch(const KernelSite& site) {
  const Shape &x = site.inputs[0].shape, &y = site.outputs[0].shape;
  uint64_t working = 0;
  for (int a = 0; a < x.rank(); ++a) working = std::max(working, working_bytes(x[a], y[a], site.threads));
  return 2 * buffer_bytes(x, y, held(site.inputs[0].dtype, site.outputs[0].dtype)) + working;
}

const Kernel kKernels[] = {{"resize", "resize.reference", Isa::portable, nullptr, scratch, resize}};

}  // namespace

KernelList resize_kernels() { return kKernels; }

}  // namespace openinfer::reference
