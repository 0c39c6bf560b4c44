// grid_sample: an image is read at places that another tensor names. The rule is torch.nn.functional.grid_sample's.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/reference/spatial.h"

namespace openinfer::reference {
namespace {

enum class Mode { linear, nearest, cubic };
enum class Padding { zeros, border, reflection };

// One axis of the image: how a coordinate between -1 and 1 becomes a place among its cells.
template <class V>
struct Axis {
  int64_t size;
  Padding padding;
  bool corners;  // -1 and 1 are the centres of the outermost cells, not their edges

  // Cells are whole numbers. NaN is read as -1.
  [[nodiscard]] V place(V x) const {
    if (x != x) x = -1;
    const V n = static_cast<V>(size);
    return corners ? (x + 1) / 2 * (n - 1) : ((x + 1) * n - 1) / 2;
  }

  // Folds a place back and forth at the image's edges (`corners`: at the centres of the outermost cells).
  [[nodiscard]] V reflected(V x) const {
    const V low = corners ? V{0} : V{-0.5}, span = static_cast<V>(corners ? size - 1 : size);
    if (span == 0) return 0;
    x = std::fabs(x - low);
    const V rest = std::fmod(x, span);
    return low + (std::fmod(std::floor(x / span), V{2}) == 0 ? rest : span - rest);
  }

  [[nodiscard]] V padded(V x) const {
    if (padding == Padding::zeros) return x;
    if (padding == Padding::reflection) x = reflected(x);
    if (padding == Padding::reflection && x != x) return x;  // infinity has no reflection: outside
    return x > 0 ? std::min(x, static_cast<V>(size - 1)) : V{0};
  }

  // The cell of a whole place, -1 outside. Infinite places and those that no image reaches are outside.
  [[nodiscard]] int64_t cell(V x) const { return x >= 0 && x < static_cast<V>(size) ? static_cast<int64_t>(x) : -1; }
};

// Weights of the cells before and after a place, `t` behind the one at 0 (Keys' cubic, a = -0.75, -1 … 2).
template <class V>
std::array<V, 4> cubic_weights(V t) {
  const V a = V{-0.75};
  const auto near = [a](V d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [a](V d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

template <class V>
class Sampler {
 public:
  Sampler(const KernelArgs& args, const TensorView& x, const Images& image)
      : x_(x),
        image_(image),
        mode_(static_cast<Mode>(args.attributes[0].i)),
        rows_{image.size[1], static_cast<Padding>(args.attributes[1].i), args.attributes[2].i != 0},
        columns_{image.size[2], rows_.padding, rows_.corners} {}

  // The value of channel c of image b at (x, y): one chain over the cells, rows first, cells outside left out.
  [[nodiscard]] V at(int64_t b, int64_t c, V x, V y) const {
    x = columns_.place(x);
    y = rows_.place(y);
    if (mode_ == Mode::cubic) return cubic(b, c, x, y);
    x = columns_.padded(x);
    y = rows_.padded(y);
    V sum = 0;
    if (mode_ == Mode::nearest) {
      add(sum, 1, b, c, columns_.cell(std::nearbyint(x)), rows_.cell(std::nearbyint(y)));
      return sum;
    }
    const V left = std::floor(x), top = std::floor(y), dx = x - left, dy = y - top;
    for (const V j : {V{0}, V{1}})
      for (const V i : {V{0}, V{1}})
        add(sum, (i == 0 ? 1 - dx : dx) * (j == 0 ? 1 - dy : dy), b, c, columns_.cell(left + i), rows_.cell(top + j));
    return sum;
  }

 private:
  void add(V& sum, V weight, int64_t b, int64_t c, int64_t column, int64_t row) const {
    if (column < 0 || row < 0) return;
    sum = std::fma(weight, load_element<V>(x_.data, x_.dtype, image_.at(b, c, {0, row, column})), sum);
  }

  // Sixteen cells; each row is one chain, then the rows are. The padding rule is for the cells, not for the place.
  [[nodiscard]] V cubic(int64_t b, int64_t c, V x, V y) const {
    const V left = std::floor(x), top = std::floor(y);
    if (!std::isfinite(left) || !std::isfinite(top)) return 0;
    const auto across = cubic_weights(x - left), down = cubic_weights(y - top);
    V sum = 0;
    for (size_t j = 0; j < 4; ++j) {
      V line = 0;
      const V row = rows_.padded(top + static_cast<V>(j) - 1);
      for (size_t i = 0; i < 4; ++i)
        add(line, across[i], b, c, columns_.cell(columns_.padded(left + static_cast<V>(i) - 1)), rows_.cell(row));
      sum = std::fma(down[j], line, sum);
    }
    return sum;
  }

  const TensorView& x_;
  const Images& image_;
  Mode mode_;
  Axis<V> rows_, columns_;
};

template <class V>
void sample(const KernelArgs& args) {
  const TensorView &xv = args.inputs[0], &grid = args.inputs[1], &yv = args.outputs[0];
  const Images x(xv, 2), y(yv, 2);
  const Sampler<V> sampler(args, xv, x);
  threads(args).run(y.batch * y.cells(), 16, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / y.cells();
      const V column = element<V>(grid, 2 * i), row = element<V>(grid, 2 * i + 1);
      for (int64_t c = 0; c < y.channels; ++c)
        store_element(yv.data, yv.dtype, y.at(b, c, y.cell(i % y.cells())), sampler.at(b, c, column, row));
    }
  });
}

bool grid_sample(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  if (y.elements() == 0) return true;
  if (x.elements() == 0)
    return args.fail(Code::R0003, "`grid_sample`: x " + to_string(x.shape) + " has no cell to read");
  with_real(args, [&](auto zero) { sample<decltype(zero)>(args); });
  return true;
}

const Kernel kKernels[] = {{"grid_sample", "grid_sample.reference", Isa::portable, nullptr, nullptr, grid_sample}};

}  // namespace

KernelList grid_sample_kernels() { return kKernels; }

}  // namespace openinfer::reference
