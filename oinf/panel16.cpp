#include "oinf/panel16.h"

#include <algorithm>
#include <cstring>

namespace openinfer {
namespace {

// How a plane lies and where its bytes come from. One unit holds `bytes` bytes of each of the 16 rows side by side and
// stands for `columns` columns. Byte b of unit u of a row is, in that row's row-major bytes, at
//   (u / units) * block + first + (u % units) * bytes + b
// `units` being the units of a block of the type. A type of one plane without blocks is one block of one unit.
struct Plane {
  uint32_t columns;
  uint32_t bytes;
  uint32_t units;
  uint32_t block;
  uint32_t first;
};

struct Planes {
  DType dtype;
  int count;
  Plane plane[2];
};

constexpr Planes kPlanes[] = {
    {DType::f32, 1, {{1, 4, 1, 4, 0}, {}}},
    {DType::f16, 1, {{1, 2, 1, 2, 0}, {}}},
    {DType::bf16, 1, {{2, 4, 1, 4, 0}, {}}},
    {DType::i8, 1, {{4, 4, 1, 4, 0}, {}}},
    // Blocks of 32: an f16 scale, then the values. The values come first here, the scales as a plane of their own.
    {DType::q8_0, 2, {{4, 4, 8, 34, 2}, {32, 2, 1, 34, 0}}},
    // Nibbles j of 0…15: low is value j, high is value 16 + j; so a unit of four bytes stands for 8 columns.
    {DType::q4_0, 2, {{8, 4, 4, 18, 2}, {32, 2, 1, 18, 0}}},
};

const Planes* planes_of(DType dtype) {
  for (const Planes& p : kPlanes)
    if (p.dtype == dtype) return &p;
  return nullptr;
}

uint64_t units(const Plane& plane, uint64_t columns) { return (columns + plane.columns - 1) / plane.columns; }
uint64_t align64(uint64_t n) { return (n + 63) / 64 * 64; }

uint64_t source_offset(const Plane& p, uint64_t unit) {
  return (unit / p.units) * p.block + p.first + (unit % p.units) * p.bytes;
}

// Bytes of one row in row-major storage; the shape was checked.
uint64_t row_storage(DType dtype, uint64_t columns) { return storage_bytes(dtype, columns, columns).value_or(0); }

}  // namespace

bool has_panel16(DType dtype) { return planes_of(dtype) != nullptr; }

std::optional<PanelMatrix> panel_matrix(const Shape& shape) {
  if (shape.rank() < 2 || !shape.elements_checked()) return std::nullopt;
  PanelMatrix m{1, static_cast<uint64_t>(shape[shape.rank() - 1])};
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) {
    const auto size = static_cast<uint64_t>(shape[axis]);
    if (__builtin_mul_overflow(m.rows, size, &m.rows) || m.rows > (uint64_t{1} << 62)) return std::nullopt;
  }
  return m;
}

int panel_planes(DType dtype) {
  const Planes* planes = planes_of(dtype);
  return planes == nullptr ? 0 : planes->count;
}

uint64_t panel_bytes(DType dtype, int plane, uint64_t columns) {
  const Plane& p = planes_of(dtype)->plane[plane];
  return units(p, columns) * kPanelRows * p.bytes;
}

std::optional<uint64_t> panel16_bytes(DType dtype, const Shape& shape) {
  const Planes* planes = planes_of(dtype);
  const auto matrix = panel_matrix(shape);
  // 2^40 columns and 2^50 elements are far past any file, and keep every product below within 64 bits.
  if (planes == nullptr || !matrix || matrix->columns > (uint64_t{1} << 40)) return std::nullopt;
  uint64_t elements = 0;
  if (__builtin_mul_overflow(matrix->panels() * kPanelRows, matrix->columns, &elements) ||
      elements > (uint64_t{1} << 50))
    return std::nullopt;
  if (matrix->columns % info(dtype).block != 0) return std::nullopt;
  uint64_t bytes = 0;
  for (int plane = 0; plane < planes->count; ++plane)
    bytes = align64(bytes) + matrix->panels() * panel_bytes(dtype, plane, matrix->columns);
  return bytes;
}

void pack_panel(DType dtype, int plane, std::span<const std::byte> rows, uint64_t row_bytes, uint64_t columns,
                std::span<std::byte> out) {
  const Plane& p = planes_of(dtype)->plane[plane];
  std::fill(out.begin(), out.end(), std::byte{0});
  const uint64_t count = row_bytes == 0 ? 0 : std::min<uint64_t>(kPanelRows, rows.size() / row_bytes);
  const uint64_t all = units(p, columns);
  for (uint64_t unit = 0; unit < all; ++unit) {
    const uint64_t from = source_offset(p, unit);
    const uint64_t size = std::min<uint64_t>(p.bytes, row_bytes - from);  // the last unit may be short
    std::byte* to = out.data() + unit * kPanelRows * p.bytes;
    for (uint64_t row = 0; row < count; ++row)
      std::memcpy(to + row * p.bytes, rows.data() + row * row_bytes + from, size);
  }
}

Result<std::vector<std::byte>> unpack_panel16(DType dtype, const Shape& shape, std::span<const std::byte> payload) {
  const auto bytes = panel16_bytes(dtype, shape);
  if (!bytes) return Diagnostic(Code::P0011, "this type is not stored as panel16");
  if (*bytes != payload.size()) return Diagnostic(Code::P0014, "payload of another size than its shape asks for");
  const PanelMatrix matrix = *panel_matrix(shape);
  const uint64_t row_bytes = row_storage(dtype, matrix.columns);
  std::vector<std::byte> out(matrix.rows * row_bytes);
  uint64_t plane_begin = 0;
  for (int plane = 0; plane < panel_planes(dtype); ++plane) {
    const Plane& p = planes_of(dtype)->plane[plane];
    const uint64_t piece = panel_bytes(dtype, plane, matrix.columns);
    plane_begin = align64(plane_begin);
    for (uint64_t row = 0; row < matrix.rows; ++row) {
      const std::byte* panel = payload.data() + plane_begin + row / kPanelRows * piece + row % kPanelRows * p.bytes;
      for (uint64_t unit = 0; unit < units(p, matrix.columns); ++unit) {
        const uint64_t to = source_offset(p, unit);
        std::memcpy(out.data() + row * row_bytes + to, panel + unit * kPanelRows * p.bytes,
                    std::min<uint64_t>(p.bytes, row_bytes - to));
      }
    }
    plane_begin += matrix.panels() * piece;
  }
  return out;
}

std::optional<uint64_t> payload_bytes(DType dtype, Layout layout, const Shape& shape) {
  if (layout == Layout::panel16) return panel16_bytes(dtype, shape);
  const auto elements = shape.elements_checked();
  if (!elements) return std::nullopt;
  const auto row = shape.rank() == 0 ? 1 : static_cast<uint64_t>(shape[shape.rank() - 1]);
  return storage_bytes(dtype, static_cast<uint64_t>(*elements), row);
}

}  // namespace openinfer
