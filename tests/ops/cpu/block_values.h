// Random weights of block types: any codes, scales of ordinary size.
#pragma once

#include <cstring>
#include <vector>

#include "ir/panel16.h"
#include "ops/math/float_bits.h"
#include "tests/ops/cpu/math_cases.h"

namespace openinfer::test {

inline constexpr DType kBlockTypes[] = {DType::q8_0, DType::q4_0, DType::q4_1,   DType::q5_0,
                                        DType::q5_1, DType::q2_k, DType::q3_k,   DType::q4_k,
                                        DType::q5_k, DType::q6_k, DType::iq4_nl, DType::iq4_xs};

// Where a block keeps its f16 numbers; -1 where it has only one.
inline std::array<int, 2> half_places(DType dtype) {
  switch (dtype) {
    case DType::q4_1:
    case DType::q5_1:
    case DType::q4_k:
    case DType::q5_k:
      return {0, 2};
    case DType::q2_k:
      return {80, 82};
    case DType::q3_k:
      return {108, -1};
    case DType::q6_k:
      return {208, -1};
    default:
      return {0, -1};
  }
}

inline std::vector<std::byte> block_values(DType dtype, const Shape& shape, Layout layout, double size,
                                           Sequence& random) {
  std::vector<std::byte> rows(payload_bytes(dtype, Layout::rowmajor, shape).value_or(0));
  for (std::byte& b : rows) b = static_cast<std::byte>(random.next() >> 32);
  const size_t block = info(dtype).block_bytes;
  for (size_t at = 0; at + block <= rows.size(); at += block)
    for (const int place : half_places(dtype)) {
      if (place < 0) continue;
      const double unit = static_cast<double>(static_cast<int32_t>(random.next() >> 32)) * 0x1p-31;
      const uint16_t half = math::f16_of_f32(static_cast<float>(unit * size));
      std::memcpy(rows.data() + at + static_cast<size_t>(place), &half, 2);
    }
  if (layout == Layout::rowmajor) return rows;
  const PanelMatrix matrix = panel_matrix(shape).value_or(PanelMatrix{});
  const uint64_t row_bytes = matrix.rows == 0 ? 0 : rows.size() / matrix.rows;
  std::vector<std::byte> panels(payload_bytes(dtype, layout, shape).value_or(0));
  for (int plane = 0; plane < panel_planes(dtype); ++plane)
    for (uint64_t panel = 0; panel < matrix.panels(); ++panel) {
      const uint64_t piece = panel_bytes(dtype, plane, matrix.columns), first = panel * kPanelRows;
      pack_panel(dtype, plane,
                 std::span(rows).subspan(first * row_bytes, std::min(kPanelRows, matrix.rows - first) * row_bytes),
                 row_bytes, matrix.columns,
                 std::span(panels).subspan(panel_plane_begin(dtype, plane, matrix) + panel * piece, piece));
    }
  return panels;
}

}  // namespace openinfer::test
