// resize: every axis whose size changes is resized on its own, the last one first, through two buffers of scratch.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/element.h"
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
  static double sinc(double t) { return t == 0 ? 1 : std::sin(t * std::numbers::pi) / (t * std::numbers::pi); }

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
V apply(const V* x, int64_t step, int64_t n, const Taps& t, const double* weights) {
  const auto cell = [&](int64_t k) { return x[std::clamp<int64_t>(t.first + k, 0, n - 1) * step]; };
  if constexpr (std::is_integral_v<V>) {
    int64_t sum = int64_t{1} << 21;
    for (int64_t k = 0; k < t.count; ++k) sum += std::llround(weights[k] * 0x1p22) * cell(k);
    return static_cast<V>(std::clamp<int64_t>(sum >> 22, 0, 255));
  } else {
    V acc = 0;
    for (int64_t k = 0; k < t.count; ++k) acc = std::fma(static_cast<V>(static_cast<float>(weights[k])), cell(k), acc);
    return acc;
  }
}

// x [outer, n, inner] to y [outer, m, inner].
template <class V>
void resize_axis(Parallel& parallel, const Filter& f, const V* x, V* y, int64_t outer, int64_t n, int64_t m,
                 int64_t inner, double* scratch) {
  const int64_t room = most_taps(n, m);
  parallel.run(m, 1, [&](int64_t begin, int64_t end, int worker) {
    double* weights = scratch + worker * room;
    for (int64_t i = begin; i < end; ++i) {
      const Taps t = taps(f, i, n, m, weights);
      for (int64_t o = 0; o < outer; ++o)
        for (int64_t c = 0; c < inner; ++c) {
          const V* from = x + o * n * inner + c;
          y[(o * m + i) * inner + c] =
              f.mode == Mode::nearest ? from[t.first * inner] : apply(from, inner, n, t, weights);
        }
    }
  });
}

template <class V>
void resize_all(const KernelArgs& args, const Filter& f, int64_t cells) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  V* from = reinterpret_cast<V*>(args.scratch);
  V* to = from + cells;
  auto* weights = reinterpret_cast<double*>(args.scratch + 2 * cells * static_cast<int64_t>(sizeof(double)));
  for (int64_t i = 0; i < x.elements(); ++i) {
    if constexpr (std::is_integral_v<V>) {
      from[i] = element<int64_t>(x, i);
    } else {
      from[i] = element<V>(x, i);
    }
  }
  Shape shape = x.shape;
  for (int a = shape.rank() - 1; a >= 0; --a) {
    const int64_t n = shape[a], m = y.shape[a];
    if (n == m) continue;
    int64_t outer = 1, inner = 1;
    for (int k = 0; k < a; ++k) outer *= shape[k];
    for (int k = a + 1; k < shape.rank(); ++k) inner *= shape[k];
    resize_axis(threads(args), f, from, to, outer, n, m, inner, weights);
    std::swap(from, to);
    shape[a] = m;
  }
  for (int64_t i = 0; i < y.elements(); ++i) set_element(y, i, from[i]);
}

// The largest tensor on the way from x to y.
int64_t most_cells(const Shape& x, const Shape& y) {
  Shape s = x;
  int64_t most = s.elements();
  for (int a = s.rank() - 1; a >= 0; --a) {
    s[a] = y[a];
    most = std::max(most, s.elements());
  }
  return most;
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
  const int64_t cells = most_cells(x.shape, y.shape);
  if (x.dtype == DType::u8) {
    resize_all<int64_t>(args, f, cells);
  } else {
    with_real(args, [&](auto zero) { resize_all<decltype(zero)>(args, f, cells); });
  }
  return true;
}

uint64_t scratch(const KernelSite& site) {
  const Shape &x = site.inputs[0].shape, &y = site.outputs[0].shape;
  int64_t weights = 0;
  for (int a = 0; a < x.rank(); ++a) weights = std::max(weights, most_taps(x[a], y[a]));
  return (2 * static_cast<uint64_t>(most_cells(x, y)) +
          static_cast<uint64_t>(site.threads) * static_cast<uint64_t>(weights)) *
         sizeof(double);
}

const Kernel kKernels[] = {{"resize", "resize.reference", Isa::portable, nullptr, scratch, resize}};

}  // namespace

KernelList resize_kernels() { return kKernels; }

}  // namespace openinfer::reference
