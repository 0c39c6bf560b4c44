#include "ir/panel16.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "ir/align64.h"
#include "ir/block_code.h"

namespace openinfer {
namespace {

// A plane in units, each standing for `columns` columns. A unit of codes holds `bits` bits (low or high ones) of 32
// codes of each row, as the function code_byte() arranges them. A unit of another plane is a list of fields, each so
// many bytes of every row side by side; the unit's bytes stand one behind the other in a row's row-major bytes, at
//   (unit / units) * block + first + (unit % units) * (the fields' bytes)
// `units` being the units of a block of the type. A type of one plane without blocks is one block of one unit.
struct Plane {
  uint32_t columns = 0;
  uint32_t bits = 0;
  bool high = false;
  uint32_t units = 1;
  uint32_t block = 0;
  uint32_t first = 0;
  std::array<uint8_t, 5> fields{};
  [[nodiscard]] uint32_t bytes() const {
    if (bits != 0) return bits * 4;
    uint32_t sum = 0;
    for (const uint8_t field : fields) sum += field;
    return sum;
  }
};

constexpr Plane plain(uint8_t bytes, uint32_t columns) { return {columns, 0, false, 1, bytes, 0, {bytes}}; }
constexpr Plane codes(uint32_t bits, bool high = false) { return {32, bits, high, 1, 0, 0, {}}; }
// Bytes of a block's header, from `first` on.
constexpr Plane header(uint32_t block, uint32_t first, std::array<uint8_t, 5> fields, uint32_t columns = 32) {
  return {columns, 0, false, 1, block, first, fields};
}
// One byte for every 16 columns of a block of 256.
constexpr Plane scales16(uint32_t block, uint32_t first) { return {16, 0, false, 16, block, first, {1}}; }

struct Planes {
  DType dtype;
  int count;
  std::array<Plane, 4> plane;
};

constexpr Planes kPlanes[] = {
    {DType::f32, 1, {plain(4, 1)}},
    {DType::f16, 1, {plain(2, 1)}},
    {DType::bf16, 1, {plain(4, 2)}},
    {DType::i8, 1, {plain(4, 4)}},
    {DType::q8_0, 2, {codes(8), header(34, 0, {2})}},
    {DType::q4_0, 2, {codes(4), header(18, 0, {2})}},
    {DType::iq4_nl, 2, {codes(4), header(18, 0, {2})}},
    {DType::q4_1, 3, {codes(4), header(20, 0, {2}), header(20, 2, {2})}},
    {DType::q5_0, 3, {codes(4), codes(1, true), header(22, 0, {2})}},
    {DType::q5_1, 4, {codes(4), codes(1, true), header(24, 0, {2}), header(24, 2, {2})}},
    {DType::q2_k, 3, {codes(2), scales16(84, 0), header(84, 80, {2, 2}, 256)}},
    {DType::q3_k, 4, {codes(2), codes(1, true), header(110, 96, {4, 4, 4}, 256), header(110, 108, {2}, 256)}},
    {DType::q4_k, 2, {codes(4), header(144, 0, {2, 2, 4, 4, 4}, 256)}},
    {DType::q5_k, 3, {codes(4), codes(1, true), header(176, 0, {2, 2, 4, 4, 4}, 256)}},
    {DType::q6_k, 4, {codes(4), codes(2, true), scales16(210, 192), header(210, 208, {2}, 256)}},
    {DType::iq4_xs, 2, {codes(4), header(136, 0, {2, 2, 4}, 256)}},
};

const Planes* planes_of(DType dtype) {
  for (const Planes& p : kPlanes)
    if (p.dtype == dtype) return &p;
  return nullptr;
}

uint64_t units(const Plane& plane, uint64_t columns) { return (columns + plane.columns - 1) / plane.columns; }

uint64_t source_offset(const Plane& p, uint64_t unit) {
  return (unit / p.units) * p.block + p.first + (unit % p.units) * p.bytes();
}

// Where a unit of codes keeps its bits of code k of row `row`: a byte and a shift. Four neighbours of a row are four
// neighbouring bytes with one shift, which is what integer dot products take.
struct CodeByte {
  uint32_t byte;
  uint32_t shift;
};
CodeByte code_byte(uint32_t bits, uint32_t row, uint32_t k) {
  const uint32_t i = k % 4, quad = k / 4;
  // The planes' vectors v and the place m in their bytes: 8 bits v = quad; 4 bits v = quad % 4, m = quad / 4;
  // 2 bits v = quad / 4, m = quad % 4; 1 bit m = quad.
  const uint32_t v = bits == 8 ? quad : bits == 4 ? quad % 4 : bits == 2 ? quad / 4 : 0;
  const uint32_t m = bits == 8 ? 0 : bits == 4 ? quad / 4 : bits == 2 ? quad % 4 : quad;
  return {(v * static_cast<uint32_t>(kPanelRows) + row) * 4 + i, m * bits};
}

// The bits of code k of a group of 32 in a row's bytes.
CodeBits code_bits(DType dtype, bool high, uint64_t group, uint32_t k, uint64_t& block_begin) {
  const DTypeInfo& t = info(dtype);
  const uint64_t column = group * 32;
  block_begin = column / t.block * t.block_bytes;
  const CodePlace place = code_place(dtype, static_cast<int>(column % t.block + k));
  return high ? place.high : place.low;
}

void pack_codes(DType dtype, const Plane& p, const std::byte* row, uint32_t lane, uint64_t group, std::byte* to) {
  uint64_t begin = 0;
  for (uint32_t k = 0; k < 32; ++k) {
    const CodeBits bits = code_bits(dtype, p.high, group, k, begin);
    const CodeByte at = code_byte(p.bits, lane, k);
    to[at.byte] |= static_cast<std::byte>(bits.get(row + begin) << at.shift);
  }
}

void unpack_codes(DType dtype, const Plane& p, const std::byte* from, uint32_t lane, uint64_t group, std::byte* out,
                  uint64_t skipped) {
  uint64_t begin = 0;
  for (uint32_t k = 0; k < 32; ++k) {
    const CodeBits bits = code_bits(dtype, p.high, group, k, begin);
    const CodeByte at = code_byte(p.bits, lane, k);
    bits.set(out + (begin - skipped), static_cast<unsigned>(from[at.byte]) >> at.shift & ((1u << p.bits) - 1u));
  }
}

// Units first … end-1 of a panel's piece into their places in a row's bytes, of which `out` begins at byte `skipped`.
void unpack_units(DType dtype, const Plane& p, const std::byte* panel, uint32_t lane, uint64_t first, uint64_t end,
                  std::span<std::byte> out, uint64_t skipped) {
  for (uint64_t unit = first; unit < end; ++unit) {
    const std::byte* from = panel + unit * kPanelRows * p.bytes();
    if (p.bits != 0) {
      unpack_codes(dtype, p, from, lane, unit, out.data(), skipped);
      continue;
    }
    uint64_t to = source_offset(p, unit) - skipped;
    for (const uint8_t field : p.fields) {
      if (field == 0) break;
      std::memcpy(out.data() + to, from + lane * field, std::min<uint64_t>(field, out.size() - to));
      from += kPanelRows * field;
      to += field;
    }
  }
}

const std::byte* panel_of(DType dtype, int plane, const PanelMatrix& matrix, const std::byte* payload, uint64_t row) {
  return payload + panel_plane_begin(dtype, plane, matrix) +
         row / kPanelRows * panel_bytes(dtype, plane, matrix.columns);
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
  const Plane& p = planes_of(dtype)->plane[static_cast<size_t>(plane)];
  return units(p, columns) * kPanelRows * p.bytes();
}

uint64_t panel_plane_begin(DType dtype, int plane, const PanelMatrix& matrix) {
  uint64_t begin = 0;
  for (int before = 0; before < plane; ++before)
    begin = align64(begin + matrix.panels() * panel_bytes(dtype, before, matrix.columns));
  return begin;
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
  const int last = planes->count - 1;
  return panel_plane_begin(dtype, last, *matrix) + matrix->panels() * panel_bytes(dtype, last, matrix->columns);
}

void pack_panel(DType dtype, int plane, std::span<const std::byte> rows, uint64_t row_bytes, uint64_t columns,
                std::span<std::byte> out) {
  const Plane& p = planes_of(dtype)->plane[static_cast<size_t>(plane)];
  std::fill(out.begin(), out.end(), std::byte{0});
  const uint64_t count = row_bytes == 0 ? 0 : std::min<uint64_t>(kPanelRows, rows.size() / row_bytes);
  for (uint64_t unit = 0; unit < units(p, columns); ++unit) {
    std::byte* to = out.data() + unit * kPanelRows * p.bytes();
    if (p.bits != 0) {
      for (uint64_t row = 0; row < count; ++row)
        pack_codes(dtype, p, rows.data() + row * row_bytes, static_cast<uint32_t>(row), unit, to);
      continue;
    }
    uint64_t from = source_offset(p, unit);
    for (const uint8_t field : p.fields) {
      if (field == 0) break;
      const uint64_t size = std::min<uint64_t>(field, row_bytes - from);  // the last unit of plain types may be short
      for (uint64_t row = 0; row < count; ++row)
        std::memcpy(to + row * field, rows.data() + row * row_bytes + from, size);
      to += kPanelRows * field;
      from += field;
    }
  }
}

void unpack_panel_row(DType dtype, const PanelMatrix& matrix, const std::byte* payload, uint64_t row,
                      std::span<std::byte> out) {
  const Planes& planes = *planes_of(dtype);
  std::fill(out.begin(), out.end(), std::byte{0});
  for (int plane = 0; plane < planes.count; ++plane) {
    const Plane& p = planes.plane[static_cast<size_t>(plane)];
    unpack_units(dtype, p, panel_of(dtype, plane, matrix, payload, row), static_cast<uint32_t>(row % kPanelRows), 0,
                 units(p, matrix.columns), out, 0);
  }
}

void unpack_panel_block(DType dtype, const PanelMatrix& matrix, const std::byte* payload, uint64_t row, uint64_t block,
                        std::span<std::byte> out) {
  const Planes& planes = *planes_of(dtype);
  std::fill(out.begin(), out.end(), std::byte{0});
  for (int plane = 0; plane < planes.count; ++plane) {
    const Plane& p = planes.plane[static_cast<size_t>(plane)];
    const uint64_t each = info(dtype).block / p.columns;
    unpack_units(dtype, p, panel_of(dtype, plane, matrix, payload, row), static_cast<uint32_t>(row % kPanelRows),
                 block * each, (block + 1) * each, out, block * info(dtype).block_bytes);
  }
}

Result<std::vector<std::byte>> unpack_panel16(DType dtype, const Shape& shape, std::span<const std::byte> payload) {
  const auto bytes = panel16_bytes(dtype, shape);
  if (!bytes) return Diagnostic(Code::P0011, "this type is not stored as panel16");
  if (*bytes != payload.size()) return Diagnostic(Code::P0014, "payload of another size than its shape asks for");
  const PanelMatrix matrix = *panel_matrix(shape);
  const uint64_t row_bytes = row_storage(dtype, matrix.columns);
  std::vector<std::byte> out(matrix.rows * row_bytes);
  for (uint64_t row = 0; row < matrix.rows; ++row)
    unpack_panel_row(dtype, matrix, payload.data(), row, std::span(out).subspan(row * row_bytes, row_bytes));
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
