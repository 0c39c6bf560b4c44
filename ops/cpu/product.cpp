#include "ops/cpu/product.h"

#include <array>
#include <utility>

#include "ops/cpu/align64.h"

namespace openinfer::OINF_ISA {
namespace {

// Rows that are packed at once: their activations stay in the second cache while all panels pass by.
constexpr int64_t kBlockBytes = 512 << 10;
constexpr int64_t kMinBlockRows = 48;
// From here on a panel is widened to f32 once for all rows instead of once a tile.
constexpr int64_t kWidenRows = 4 * kMaxRows;
// Work below this is not worth a hand-over to another thread.
constexpr int64_t kGrainTerms = 32 << 10;
// From here on a block has the fewest rows.
constexpr int64_t kLongDepth = kBlockBytes / (4 * kMinBlockRows) + 1;

constexpr int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

int64_t block_rows(int64_t rows, int64_t depth) {
  int64_t n = kBlockBytes / (4 * (depth > 0 ? depth : 1));
  n = n < kMinBlockRows ? kMinBlockRows : n > 1024 ? 1024 : n;
  n = round_up(n, kMaxRows);
  return rows < n ? rows : n;
}

int64_t panels_in(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

constexpr int64_t stored_bytes(Stored s) { return s == Stored::f32 ? 4 : 2; }

bool needs_panels(const Product& p) {
  return p.form != Form::panels || (p.stored != Stored::f32 && p.rows >= kWidenRows);
}

// One panel as f32 [K][16]; columns that do not exist are zeros.
template <Stored S>
void widen_panel(const std::byte* panel, int64_t depth, float* to) {
  for (int64_t k = 0; k < depth; ++k)
    for (int v = 0; v < kVectors; ++v) {
      const F32 w = k % 2 == 0 ? weight<S, 0>(panel, kPanel, k, v) : weight<S, 1>(panel, kPanel, k, v);
      store(to + k * kPanel + v * F32::kLanes, w);
    }
}

F32 load_stored(const std::byte* w, Stored stored, int64_t at, int n) {
  if (stored == Stored::f32) return load(F32(), reinterpret_cast<const float*>(w) + at, n);
  const auto* h = reinterpret_cast<const uint16_t*>(w) + at;
  return stored == Stored::f16 ? load_f16(F32(), h, n) : load_bf16(F32(), h, n);
}

void panel_of_rows(const Product& p, int64_t panel, float* to) {
  const int64_t first = panel * kPanel, count = p.columns - first < kPanel ? p.columns - first : kPanel;
  alignas(64) float row[F32::kLanes];
  for (int64_t k = 0; k < p.depth; k += F32::kLanes) {
    const int n = static_cast<int>(p.depth - k < F32::kLanes ? p.depth - k : F32::kLanes);
    for (int64_t r = 0; r < kPanel; ++r) {
      if (r < count) {
        store(row, load_stored(p.w, p.stored, (first + r) * p.depth + k, n));
      } else {
        store(row, F32(0.0f));
      }
      for (int i = 0; i < n; ++i) to[(k + i) * kPanel + r] = row[i];
    }
  }
}

void panel_of_columns(const Product& p, int64_t panel, float* to) {
  const int64_t first = panel * kPanel, count = p.columns - first < kPanel ? p.columns - first : kPanel;
  for (int64_t k = 0; k < p.depth; ++k) {
    for (int v = 0; v < kVectors; ++v) {
      const int64_t left = count - v * F32::kLanes;
      const int n = static_cast<int>(left < 0 ? 0 : left < F32::kLanes ? left : F32::kLanes);
      store(to + k * kPanel + v * F32::kLanes, load_stored(p.w, p.stored, k * p.columns + first + v * F32::kLanes, n));
    }
  }
}

// `count` panels from `first` on, ready for a tile: where they are, or made in `space`.
Panels make_panels(const Product& p, int64_t first, int64_t count, float* space) {
  const int64_t size = p.depth * kPanel;
  if (p.form == Form::panels) {
    const int64_t stored_depth = p.stored == Stored::bf16 ? round_up(p.depth, 2) : p.depth;
    const int64_t pitch = stored_depth * kPanel * stored_bytes(p.stored);
    if (!needs_panels(p)) return {p.w + first * pitch, pitch, kPanel};
    for (int64_t i = 0; i < count; ++i) {
      const std::byte* panel = p.w + (first + i) * pitch;
      if (p.stored == Stored::f16) widen_panel<Stored::f16>(panel, p.depth, space + i * size);
      if (p.stored == Stored::bf16) widen_panel<Stored::bf16>(panel, p.depth, space + i * size);
    }
  } else {
    for (int64_t i = 0; i < count; ++i) {
      if (p.form == Form::rows) panel_of_rows(p, first + i, space + i * size);
      if (p.form == Form::columns) panel_of_columns(p, first + i, space + i * size);
      if (p.form == Form::made) p.make(p.maker, (first + i) * kPanel, space + i * size);
    }
  }
  return {reinterpret_cast<const std::byte*>(space), size * 4, kPanel};
}

using Tile = void (*)(const Panels& w, const float* x, int64_t x_step, int64_t depth, const Store& to);
struct Tiles {
  Tile several;  // panels_of(rows) panels
  Tile one;
  int panels;
};

template <Stored S, int... R>
constexpr std::array<Tiles, sizeof...(R)> tiles_of(std::integer_sequence<int, R...>) {
  return {Tiles{tile<S, R + 1, panels_of(R + 1)>, tile<S, R + 1, 1>, panels_of(R + 1)}...};
}
template <Stored S>
constexpr auto kTiles = tiles_of<S>(std::make_integer_sequence<int, kMaxRows>{});

const Tiles& tiles(Stored stored, int64_t rows) {
  const auto i = static_cast<size_t>(rows - 1);
  if (stored == Stored::f16) return kTiles<Stored::f16>[i];
  return stored == Stored::bf16 ? kTiles<Stored::bf16>[i] : kTiles<Stored::f32>[i];
}

// x as [tile][K][rows of the tile]: the rows that one step of k needs lie side by side.
void pack(const Product& p, int64_t first, int64_t rows, float* to) {
  alignas(64) float some[F32::kLanes];
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t k = 0; k < p.depth; k += F32::kLanes) {
      const int n = static_cast<int>(p.depth - k < F32::kLanes ? p.depth - k : F32::kLanes);
      store(some, load_stored(p.x, p.x_stored, (first + r) * p.x_stride + k, n));
      for (int i = 0; i < n; ++i) to[(k + i) * rows + r] = some[i];
    }
  }
}

bool needs_packing(int64_t rows, Stored x_stored) { return rows > 1 || x_stored != Stored::f32; }

// `count` panels by the packed rows, as wide as the tile of so many rows is.
void multiply(const Product& p, const Panels& panels, Stored stored, int64_t first_panel, int64_t count, const float* x,
              int64_t first_row, int64_t rows) {
  const Tiles& kernel = tiles(stored, rows);
  for (int64_t i = 0; i < count;) {
    const int64_t column = (first_panel + i) * kPanel;
    const Store to{p.y + first_row * p.y_stride + column, p.y_stride, p.bias == nullptr ? nullptr : p.bias + column,
                   p.row_bias == nullptr ? nullptr : p.row_bias + first_row, p.columns - column};
    const Panels at{panels.data + i * panels.pitch, panels.pitch, panels.step};
    const bool wide = count - i >= kernel.panels;
    (wide ? kernel.several : kernel.one)(at, x, rows, p.depth, to);
    i += wide ? kernel.panels : 1;
  }
}

}  // namespace

uint64_t product_scratch(int64_t rows, int64_t depth, int64_t columns, Stored x_stored, Stored stored, Form form,
                         int threads) {
  if (rows <= 0 || columns <= 0) return 0;
  // A bound for every smaller depth too, of which more rows make a block.
  const int64_t all = rows * depth * 4, long_block = round_up(kMinBlockRows, kMaxRows) * depth * 4;
  const int64_t short_block = kBlockBytes + kMaxRows * (depth < kLongDepth ? depth : kLongDepth) * 4;
  const int64_t block = long_block > short_block ? long_block : short_block;
  const int64_t packed = needs_packing(rows, x_stored) ? align64(all < block ? all : block) : 0;
  if (form == Form::panels && stored == Stored::f32) return static_cast<uint64_t>(packed);
  // And for fewer rows, of which one makes the widest groups.
  const int64_t panels = panels_in(columns), widest = int64_t{threads} * panels_of(1);
  return static_cast<uint64_t>(packed + (panels < widest ? panels : widest) * depth * kPanel * 4);
}

void run_product(const Product& p, std::byte* scratch, Parallel& threads) {
  if (p.rows <= 0 || p.columns <= 0) return;
  const int64_t panels = panels_in(p.columns);
  const int64_t block = block_rows(p.rows, p.depth);
  auto* packed = reinterpret_cast<float*>(scratch);
  const bool packs = needs_packing(p.rows, p.x_stored);
  const int64_t packed_size = packs ? align64(block * p.depth * 4) / 4 : 0;
  float* space = packed + packed_size;
  const Stored stored = needs_panels(p) ? Stored::f32 : p.stored;

  for (int64_t row = 0; row < p.rows; row += block) {
    const int64_t count = p.rows - row < block ? p.rows - row : block;
    const int64_t row_tiles = (count + kMaxRows - 1) / kMaxRows;
    if (packs) {
      const int64_t grain = 1 + kGrainTerms / (kMaxRows * (p.depth + 1));
      threads.run(row_tiles, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t t = begin; t < end; ++t) {
          const int64_t first = t * kMaxRows, n = count - first < kMaxRows ? count - first : kMaxRows;
          pack(p, row + first, n, packed + first * p.depth);
        }
      });
    }
    // A group is what the widest tile of these rows takes at once.
    const int64_t group = panels_of(static_cast<int>(count < kMaxRows ? count : kMaxRows));
    const int64_t groups = (panels + group - 1) / group;
    const bool own = groups <= threads.threads();  // each group has a place of its own: no more than the panels take
    const int64_t terms = group * kPanel * (p.depth + 1) * count;
    threads.run(groups, 1 + kGrainTerms / terms, [&](int64_t begin, int64_t end, int worker) {
      for (int64_t g = begin; g < end; ++g) {
        float* mine = space + (own ? g : worker) * group * p.depth * kPanel;
        const int64_t first = g * group, n = panels - first < group ? panels - first : group;
        const Panels at = make_panels(p, first, n, mine);
        if (!packs) {
          multiply(p, at, stored, first, n, reinterpret_cast<const float*>(p.x), 0, 1);
          continue;
        }
        for (int64_t t = 0; t < row_tiles; ++t) {
          const int64_t r = t * kMaxRows, rows = count - r < kMaxRows ? count - r : kMaxRows;
          multiply(p, at, stored, first, n, packed + r * p.depth, row + r, rows);
        }
      }
    });
  }
}

}  // namespace openinfer::OINF_ISA
