// linear with f32 activations and block-quantised weights, in panel16 or row-major.
#include <algorithm>
#include <array>

#include "ir/panel16.h"
#include "ops/cpu/linear_operands.h"
#include "ops/cpu/quantised_tile.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

// Panels that one row passes at once, to hide the latency of its chain; rows and panels of a tile of several rows.
constexpr int kRowPanels = F32::kLanes == 16 ? 4 : F32::kLanes == 1 ? 1 : 2;
constexpr int kTileRows = F32::kLanes == 16 ? 6 : F32::kLanes == 1 ? 1 : 2;
constexpr int kTilePanels = F32::kLanes == 16 ? 2 : 1;
// Activations that are made at once stay in the second cache while all panels pass by.
constexpr int64_t kBlockBytes = 512 << 10;
// Work below this is not worth a hand-over to another thread.
constexpr int64_t kGrainTerms = 64 << 10;

int64_t rows_of_block(int64_t rows, int64_t groups) {
  const int64_t n = kBlockBytes / (static_cast<int64_t>(sizeof(QuantisedGroup)) * std::max<int64_t>(groups, 1));
  return std::min(rows, std::max<int64_t>(n / kTileRows, 2) * kTileRows);
}

// What one worker needs for a panel.
struct Space {
  int64_t scales = 0;  // bytes of scales, and of minima
  int64_t spread = 0;  // of the codes taken apart
  int64_t panel = 0;   // of the planes, when weights are stored in rows
  [[nodiscard]] int64_t bytes() const { return 2 * scales + spread + panel; }
};

Space space_of(DType type, Layout layout, int64_t rows, int64_t depth) {
  const int64_t groups = depth / 32;
  Space s;
  s.scales = groups * block_traits(type).parts * kPanel * 4;
  if (rows > 1) s.spread = groups * 32 * kPanel;
  if (layout == Layout::rowmajor)
    for (int plane = 0; plane < panel_planes(type); ++plane)
      s.panel += align64(static_cast<int64_t>(panel_bytes(type, plane, static_cast<uint64_t>(depth))));
  return s;
}

int64_t activation_bytes(int64_t rows, int64_t groups) {
  // A bound for every smaller number of groups too, of which more rows make a block.
  const int64_t all = rows * groups * static_cast<int64_t>(sizeof(QuantisedGroup));
  return std::min(all, std::max(kBlockBytes, all == 0 ? 0 : 2 * kTileRows * all / rows));
}

struct Job {
  const float* x;
  int64_t rows, depth, columns;
  TensorView weight;
  const float* bias;
  float* y;
  std::byte* scratch;
  Parallel& threads;
  [[nodiscard]] int64_t groups() const { return depth / 32; }
};

// The panels of one job, and a worker's space to make them ready in.
template <DType T>
class Weights {
 public:
  explicit Weights(const Job& job)
      : job_(job),
        matrix_{static_cast<uint64_t>(job.columns), static_cast<uint64_t>(job.depth)},
        space_(space_of(T, job.weight.layout, job.rows, job.depth)) {
    for (int plane = 0; plane < panel_planes(T); ++plane) {
      const auto at = static_cast<size_t>(plane);
      piece_[at] = static_cast<int64_t>(panel_bytes(T, plane, matrix_.columns));
      begin_[at] = static_cast<int64_t>(panel_plane_begin(T, plane, matrix_));
    }
  }
  [[nodiscard]] const Space& space() const { return space_; }

  StoredWeights<T> stored(int64_t panel, std::byte* space) const {
    const BlockPanel at = planes(panel, space + 2 * space_.scales + space_.spread);
    auto* scales = reinterpret_cast<float*>(space);
    auto* minima = reinterpret_cast<float*>(space + space_.scales);
    for (int64_t g = 0; g < job_.groups(); ++g)
      for (int v = 0; v < kVectors; ++v) {
        F32 scale[2], minimum[2];
        block_scales<T>(at, g, v, scale, minimum);
        for (int part = 0; part < block_traits(T).parts; ++part) {
          const int64_t to = (g * block_traits(T).parts + part) * kPanel + v * F32::kLanes;
          store(scales + to, scale[part]);
          if constexpr (block_traits(T).minimum) store(minima + to, minimum[part]);
        }
      }
    return {at, {scales, minima}};
  }

  using Spread = SpreadWeights<block_traits(T).parts, block_traits(T).minimum, block_traits(T).is_signed>;
  Spread spread(int64_t panel, std::byte* space) const {
    const StoredWeights<T> from = stored(panel, space);
    std::byte* bytes = space + 2 * space_.scales;
    for (int64_t g = 0; g < job_.groups(); ++g)
      spread_group(std::make_integer_sequence<int, 8>(), from.panel, g, bytes);
    return {bytes, from.scales, dot_kind(T).offset};
  }

 private:
  template <int... J>
  static void spread_group(std::integer_sequence<int, J...>, const BlockPanel& from, int64_t g, std::byte* bytes) {
    (spread_quad<J>(from, g, bytes), ...);
  }
  template <int J>
  static void spread_quad(const BlockPanel& from, int64_t g, std::byte* bytes) {
    for (int v = 0; v < kVectors; ++v) {
      I32 codes = block_codes<T, J>(from, g, v);
      if constexpr (block_traits(T).is_signed && kSignedOffset != 0) codes = codes ^ int_lanes(F32(), bytes_of(0x80));
      store_words(bytes + ((g * 8 + J) * kPanel + v * F32::kLanes) * 4, codes);
    }
  }

  BlockPanel planes(int64_t panel, std::byte* space) const {
    BlockPanel at{};
    const bool in_rows = job_.weight.layout == Layout::rowmajor;
    const int64_t row_bytes = job_.depth / info(T).block * info(T).block_bytes;
    const int64_t rows = std::min<int64_t>(kPanel, job_.columns - panel * kPanel);
    for (int plane = 0; plane < panel_planes(T); ++plane) {
      const int64_t piece = piece_[static_cast<size_t>(plane)];
      if (!in_rows) {
        at.plane[plane] = job_.weight.data + begin_[static_cast<size_t>(plane)] + panel * piece;
        continue;
      }
      pack_panel(T, plane, {job_.weight.data + panel * kPanel * row_bytes, static_cast<size_t>(rows * row_bytes)},
                 static_cast<uint64_t>(row_bytes), matrix_.columns, {space, static_cast<size_t>(piece)});
      at.plane[plane] = space;
      space += align64(piece);
    }
    return at;
  }

  const Job& job_;
  PanelMatrix matrix_;
  Space space_;
  std::array<int64_t, 4> piece_{}, begin_{};
};

template <class W, int R, int P>
void multiply(const W* w, const Job& job, int64_t panel, const QuantisedGroup* x, int64_t row) {
  const int64_t column = panel * kPanel;
  W panels[P];
  for (int p = 0; p < P; ++p) panels[p] = w[p];
  quantised_tile<W, R, P>(panels, x, job.groups(),
                          {job.y + row * job.columns + column, job.columns,
                           job.bias == nullptr ? nullptr : job.bias + column, nullptr, job.columns - column});
}

// `rows` rows, at most R.
template <class W, int R, int P>
void multiply_rows(const W* w, const Job& job, int64_t panel, const QuantisedGroup* x, int64_t row, int64_t rows) {
  if constexpr (R > 1)
    if (rows < R) return multiply_rows<W, R - 1, P>(w, job, panel, x, row, rows);
  multiply<W, R, P>(w, job, panel, x, row);
}

// Rows first … first+rows-1 as [tile][group][row of the tile].
void quantise_rows(const Job& job, int64_t first, int64_t rows, int parts, QuantisedGroup* to) {
  const int64_t groups = job.groups(), tiles = (rows + kTileRows - 1) / kTileRows;
  job.threads.run(tiles, 1 + kGrainTerms / (8 * kTileRows * (job.depth + 1)), [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      const int64_t count = std::min<int64_t>(kTileRows, rows - t * kTileRows);
      QuantisedGroup* tile = to + t * kTileRows * groups;
      for (int64_t r = 0; r < count; ++r)
        for (int64_t g = 0; g < groups; ++g)
          quantise_group(job.x + (first + t * kTileRows + r) * job.depth + g * 32, parts, tile[g * count + r]);
    }
  });
}

template <DType T>
void run_type(const Job& job) {
  const Weights<T> weights(job);
  const int64_t panels = (job.columns + kPanel - 1) / kPanel, block = rows_of_block(job.rows, job.groups());
  auto* x = reinterpret_cast<QuantisedGroup*>(job.scratch);
  std::byte* spaces = job.scratch + align64(activation_bytes(job.rows, job.groups()));
  const int64_t each = weights.space().bytes();
  for (int64_t row = 0; row < job.rows; row += block) {
    const int64_t rows = std::min(block, job.rows - row);
    quantise_rows(job, row, rows, block_traits(T).parts, x);
    const int64_t wide = job.rows == 1 ? kRowPanels : kTilePanels, groups = (panels + wide - 1) / wide;
    const bool own = groups <= job.threads.threads();  // each group has a place of its own
    job.threads.run(groups, 1 + kGrainTerms / (wide * kPanel * (job.depth + 1) * rows),
                    [&](int64_t begin, int64_t end, int worker) {
                      for (int64_t i = begin; i < end; ++i) {
                        std::byte* space = spaces + (own ? i : worker) * wide * each;
                        const int64_t first = i * wide, count = std::min(wide, panels - first);
                        if (job.rows == 1) {
                          StoredWeights<T> w[kRowPanels];
                          for (int64_t p = 0; p < count; ++p) w[p] = weights.stored(first + p, space + p * each);
                          if (count == kRowPanels) {
                            multiply<StoredWeights<T>, 1, kRowPanels>(w, job, first, x, 0);
                          } else {
                            for (int64_t p = 0; p < count; ++p)
                              multiply<StoredWeights<T>, 1, 1>(w + p, job, first + p, x, 0);
                          }
                          continue;
                        }
                        using Spread = typename Weights<T>::Spread;
                        Spread w[kTilePanels];
                        for (int64_t p = 0; p < count; ++p) w[p] = weights.spread(first + p, space + p * each);
                        for (int64_t r = 0; r < rows; r += kTileRows) {
                          const int64_t some = std::min<int64_t>(kTileRows, rows - r);
                          const QuantisedGroup* tile = x + r * job.groups();
                          if (count == kTilePanels) {
                            multiply_rows<Spread, kTileRows, kTilePanels>(w, job, first, tile, row + r, some);
                          } else {
                            for (int64_t p = 0; p < count; ++p)
                              multiply_rows<Spread, kTileRows, 1>(w + p, job, first + p, tile, row + r, some);
                          }
                        }
                      }
                    });
  }
}

uint64_t scratch(const KernelSite& site) {
  const KernelOperand &x = site.inputs[0], &w = site.inputs[1];
  const int64_t rows = leading(x.shape, 1), depth = last_axis(x.shape);
  const int64_t panels = (leading(w.shape, 1) + kPanel - 1) / kPanel;
  const auto panels_of_all = [&](int64_t some, int64_t wide) {
    return std::min(panels, site.threads * wide) * space_of(w.dtype, w.layout, some, depth).bytes();
  };
  // Of one row, too, which takes more panels at once.
  const int64_t made = std::max(panels_of_all(1, kRowPanels), rows > 1 ? panels_of_all(rows, kTilePanels) : 0);
  return bias_bytes(site) + static_cast<uint64_t>(align64(activation_bytes(rows, depth / 32)) + made);
}

template <DType T>
bool run(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &w = args.inputs[1], &y = args.outputs[0];
  std::byte* space = args.scratch;
  Job job{x.as<const float>(),
          leading(x.shape, 1),
          last_axis(w.shape),
          leading(w.shape, 1),
          w,
          nullptr,
          y.as<float>(),
          nullptr,
          *args.parallel};
  job.bias = take_bias(args, space);
  job.scratch = space;
  if (job.rows > 0 && job.columns > 0) run_type<T>(job);
  return true;
}

// clang-format off: one row a type
#define OINF_BLOCK_TYPES(X) \
  X(q8_0) X(q4_0) X(q4_1) X(q5_0) X(q5_1) X(q2_k) X(q3_k) X(q4_k) X(q5_k) X(q6_k) X(iq4_nl) X(iq4_xs)
// clang-format on
#define OINF_ROW(type) \
  {"linear", "linear." #type "." OINF_ISA_NAME, Isa::OINF_ISA, is_linear_by<DType::type>, scratch, run<DType::type>},
constexpr Kernel kKernels[] = {OINF_BLOCK_TYPES(OINF_ROW)};

}  // namespace

KernelList quantised_linear_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
