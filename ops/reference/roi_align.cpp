// roi_align: boxes of an image become images of one size. ONNX's RoiAlign, operator set 16.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/reference/spatial.h"

namespace openinfer::reference {
namespace {

// Most samples of a cell along one axis: a box that needs more lies far outside of any image and would only cost time.
constexpr double kMostSamples = 4096;

// A box along one axis: a cell of the result averages `samples` places of its piece.
template <class V>
struct Side {
  V start, piece;
  int64_t samples;

  [[nodiscard]] V place(int64_t cell, int64_t sample) const {
    return start + static_cast<V>(cell) * piece + (static_cast<V>(sample) + V{0.5}) * piece / static_cast<V>(samples);
  }
};

struct Rule {
  double scale;
  int64_t samples;  // 0: one for each cell of x that a piece covers
  bool largest, half_pixel;

  explicit Rule(const KernelArgs& args)
      : scale(args.attributes[0].f),
        samples(args.attributes[1].i),
        largest(args.attributes[2].i != 0),
        half_pixel(args.attributes[3].i != 0) {}

  // samples < 0: the box asks for too many.
  template <class V>
  [[nodiscard]] Side<V> side(V low, V high, int64_t cells) const {
    const V offset = half_pixel ? V{0.5} : V{0}, start = low * static_cast<V>(scale) - offset;
    V length = high * static_cast<V>(scale) - offset - start;
    if (!half_pixel) length = std::max(length, V{1});
    const V piece = length / static_cast<V>(cells), wanted = std::ceil(piece);
    if (samples > 0) return {start, piece, samples};
    if (!(wanted <= V{kMostSamples})) return {start, piece, -1};
    return {start, piece, wanted > 0 ? static_cast<int64_t>(wanted) : 0};
  }
};

// The cells around a place along one axis and their weights. Up to one cell outside of the image still counts.
template <class V>
struct Pair {
  bool inside;
  int64_t low, high;
  V before, after;

  Pair(V x, int64_t size) : inside(x >= V{-1} && x <= static_cast<V>(size)), low(0), high(0), before(0), after(0) {
    if (!inside) return;
    x = std::max(x, V{0});
    low = std::min(static_cast<int64_t>(x), size - 1);
    high = std::min(low + 1, size - 1);
    after = low == size - 1 ? V{0} : x - static_cast<V>(low);
    before = 1 - after;
  }
};

template <class V>
class Aligner {
 public:
  Aligner(const KernelArgs& args, const TensorView& x, const Images& image) : rule_(args), x_(x), image_(image) {}

  // One cell of the result: the mean of the samples, or the largest of their weighted corners (so ONNX has it).
  [[nodiscard]] V cell(int64_t b, int64_t c, const Side<V>& rows, const Side<V>& columns, int64_t i, int64_t j) const {
    V sum = 0, most = 0;
    bool first = true;
    for (int64_t m = 0; m < rows.samples; ++m)
      for (int64_t n = 0; n < columns.samples; ++n) {
        const Pair<V> row(rows.place(i, m), image_.size[1]), column(columns.place(j, n), image_.size[2]);
        const std::array<V, 4> corner = corners(b, c, row, column);
        sum += (corner[0] + corner[1]) + (corner[2] + corner[3]);
        for (const V v : corner) {
          if (first || v > most || v != v) most = v;
          first = false;
        }
      }
    if (rule_.largest) return most;
    return sum / static_cast<V>(std::max<int64_t>(rows.samples * columns.samples, 1));
  }

 private:
  [[nodiscard]] std::array<V, 4> corners(int64_t b, int64_t c, const Pair<V>& row, const Pair<V>& column) const {
    if (!row.inside || !column.inside) return {};
    const auto value = [&](int64_t i, int64_t j) {
      return load_element<V>(x_.data, x_.dtype, image_.at(b, c, {0, i, j}));
    };
    return {row.before * column.before * value(row.low, column.low),
            row.before * column.after * value(row.low, column.high),
            row.after * column.before * value(row.high, column.low),
            row.after * column.after * value(row.high, column.high)};
  }

  Rule rule_;
  const TensorView& x_;
  const Images& image_;
};

template <class V>
void align(const KernelArgs& args) {
  const TensorView &xv = args.inputs[0], &boxes = args.inputs[1], &yv = args.outputs[0];
  const Images x(xv, 2), y(yv, 2);
  const Rule rule(args);
  const Aligner<V> aligner(args, xv, x);
  threads(args).run(y.batch * y.channels, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t box = k / y.channels, c = k % y.channels, b = element<int64_t>(args.inputs[2], box);
      const auto corner = [&](int64_t i) { return element<V>(boxes, 4 * box + i); };
      const Side<V> columns = rule.side(corner(0), corner(2), y.size[2]),
                    rows = rule.side(corner(1), corner(3), y.size[1]);
      for (int64_t i = 0; i < y.cells(); ++i) {
        const Three s = y.cell(i);
        store_element(yv.data, yv.dtype, y.at(box, c, s), aligner.cell(b, c, rows, columns, s[1], s[2]));
      }
    }
  });
}

// What depends on data is looked at before anything is computed.
bool sound(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &boxes = args.inputs[1], &image = args.inputs[2], &y = args.outputs[0];
  const Rule rule(args);
  for (int64_t box = 0; box < image.elements(); ++box) {
    const int64_t b = element<int64_t>(image, box);
    if (b < 0 || b >= x.shape[0])
      return args.fail(Code::R0001, "`roi_align`: image[" + std::to_string(box) + "] is " + std::to_string(b) +
                                        ", x has " + std::to_string(x.shape[0]) + " images");
    std::array<double, 4> corner{};
    for (int64_t i = 0; i < 4; ++i) corner[static_cast<size_t>(i)] = element<double>(boxes, 4 * box + i);
    for (size_t i = 0; i < 2; ++i)
      if (rule.side(corner[i], corner[i + 2], y.shape[i == 0 ? 3 : 2]).samples < 0 ||
          !std::isfinite(corner[i] * rule.scale) || !std::isfinite(corner[i + 2] * rule.scale))
        return args.fail(Code::R0005, "`roi_align`: box " + std::to_string(box) +
                                          " is not finite or needs more than 4096 samples a cell");
  }
  return true;
}

bool roi_align(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  if (y.elements() == 0) return true;
  if (x.shape[2] == 0 || x.shape[3] == 0)
    return args.fail(Code::R0003, "`roi_align`: x " + to_string(x.shape) + " has no cell to read");
  if (!sound(args)) return false;
  with_real(args, [&](auto zero) { align<decltype(zero)>(args); });
  return true;
}

const Kernel kKernels[] = {{"roi_align", "roi_align.reference", Isa::portable, nullptr, nullptr, roi_align}};

}  // namespace

KernelList roi_align_kernels() { return kKernels; }

}  // namespace openinfer::reference
