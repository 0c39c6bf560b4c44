// The layout panel16 (docs/spec/oinf.md, "Layouts"): a matrix [N, K], K being the last axis and N the product of the
// others, cut into panels of 16 rows. A payload is one or more planes, each beginning on 64 bytes; a plane holds one
// piece a panel, in order. Rows and columns that the matrix lacks are zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

inline constexpr uint64_t kPanelRows = 16;

// Whether a type is stored so: f32, f16, bf16, i8 and the block types.
[[nodiscard]] bool has_panel16(DType dtype);

// The matrix of a shape; nothing below rank 2 or when a product passes 2^62.
struct PanelMatrix {
  uint64_t rows = 0;
  uint64_t columns = 0;
  [[nodiscard]] uint64_t panels() const { return (rows + kPanelRows - 1) / kPanelRows; }
};
[[nodiscard]] std::optional<PanelMatrix> panel_matrix(const Shape& shape);

[[nodiscard]] int panel_planes(DType dtype);
// Bytes of one panel's piece of a plane, and of the whole plane without the padding that may follow it.
[[nodiscard]] uint64_t panel_bytes(DType dtype, int plane, uint64_t columns);
// Where a plane begins in the payload of a matrix whose size was checked (panel16_bytes).
[[nodiscard]] uint64_t panel_plane_begin(DType dtype, int plane, const PanelMatrix& matrix);

// Bytes of the payload; nothing when the type has no such layout, when the columns do not divide into its blocks, or
// on overflow.
[[nodiscard]] std::optional<uint64_t> panel16_bytes(DType dtype, const Shape& shape);

// One panel's piece of a plane out of up to 16 rows in row-major storage, `row_bytes` apart. `out` has panel_bytes().
void pack_panel(DType dtype, int plane, std::span<const std::byte> rows, uint64_t row_bytes, uint64_t columns,
                std::span<std::byte> out);

// Row `row` of a payload in row-major order, into `out`, which has as many bytes as a row. The payload has
// panel16_bytes().
void unpack_panel_row(DType dtype, const PanelMatrix& matrix, const std::byte* payload, uint64_t row,
                      std::span<std::byte> out);

// The same for one block of a row of a block type; `out` has info(dtype).block_bytes.
void unpack_panel_block(DType dtype, const PanelMatrix& matrix, const std::byte* payload, uint64_t row, uint64_t block,
                        std::span<std::byte> out);

// The whole payload back in row-major order; P0014 when it has the wrong size, P0011 for a type without the layout.
[[nodiscard]] Result<std::vector<std::byte>> unpack_panel16(DType dtype, const Shape& shape,
                                                            std::span<const std::byte> payload);

// Bytes of a payload in either layout; nothing as storage_bytes() and panel16_bytes() say.
[[nodiscard]] std::optional<uint64_t> payload_bytes(DType dtype, Layout layout, const Shape& shape);

}  // namespace openinfer
