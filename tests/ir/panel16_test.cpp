#include "ir/panel16.h"

#include <catch2/catch.hpp>
#include <cstring>

using namespace openinfer;

namespace {

std::vector<std::byte> counted(uint64_t bytes) {
  std::vector<std::byte> data(bytes);
  for (uint64_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(1 + i * 7 % 251);
  return data;
}

std::vector<std::byte> pack(DType dtype, const Shape& shape, const std::vector<std::byte>& data) {
  const PanelMatrix m = *panel_matrix(shape);
  const uint64_t row = m.rows == 0 ? 0 : data.size() / m.rows;
  std::vector<std::byte> out;
  for (int plane = 0; plane < panel_planes(dtype); ++plane) {
    out.resize((out.size() + 63) / 64 * 64);
    for (uint64_t panel = 0; panel < m.panels(); ++panel) {
      std::vector<std::byte> piece(panel_bytes(dtype, plane, m.columns), std::byte{0xEE});
      const auto rows = std::span(data).subspan(panel * 16 * row);
      pack_panel(dtype, plane, rows.first(std::min<uint64_t>(rows.size(), 16 * row)), row, m.columns, piece);
      out.insert(out.end(), piece.begin(), piece.end());
    }
  }
  return out;
}

uint16_t u16(const std::vector<std::byte>& v, size_t i) {
  uint16_t x;
  std::memcpy(&x, v.data() + 2 * i, 2);
  return x;
}

}  // namespace

TEST_CASE("panel16 keeps every value of every type that has it") {
  for (const DType dtype :
       {DType::f32, DType::f16, DType::bf16, DType::i8, DType::q8_0, DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1,
        DType::q2_k, DType::q3_k, DType::q4_k, DType::q5_k, DType::q6_k, DType::iq4_nl, DType::iq4_xs})
    for (const int64_t rows : {1, 15, 16, 17, 40})
      for (const int64_t columns : {1, 2, 3, 32, 64, 67, 256, 512}) {
        if (columns % info(dtype).block != 0) {
          CHECK_FALSE(panel16_bytes(dtype, Shape{rows, columns}));
          continue;
        }
        const Shape shape{rows, columns};
        const auto data = counted(*payload_bytes(dtype, Layout::rowmajor, shape));
        const auto packed = pack(dtype, shape, data);
        REQUIRE(packed.size() == payload_bytes(dtype, Layout::panel16, shape));
        const auto back = unpack_panel16(dtype, shape, packed);
        REQUIRE(back.ok());
        CHECK(*back == data);
        if (!is_block(dtype)) continue;
        const PanelMatrix m = *panel_matrix(shape);
        const size_t row = static_cast<size_t>(rows) - 1, size = info(dtype).block_bytes;
        const size_t blocks = static_cast<size_t>(columns / info(dtype).block);
        std::vector<std::byte> block(size);
        unpack_panel_block(dtype, m, packed.data(), row, blocks - 1, block);
        CHECK(std::equal(block.begin(), block.end(), data.end() - static_cast<std::ptrdiff_t>(size)));
      }
}

TEST_CASE("f16 lies as [N/16][K][16], the last panel filled with zeros") {
  std::vector<uint16_t> values(18 * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint16_t>(100 + i);
  std::vector<std::byte> data(values.size() * 2);
  std::memcpy(data.data(), values.data(), data.size());
  const auto packed = pack(DType::f16, Shape{2, 9, 3}, data);
  REQUIRE(packed.size() == 2 * 3 * 16 * 2);
  CHECK(u16(packed, 0) == values[0]);
  CHECK(u16(packed, 1) == values[3]);            // the next row's first column
  CHECK(u16(packed, 16) == values[1]);           // the first row's second column
  CHECK(u16(packed, 48 + 1) == values[17 * 3]);  // the second panel's second row
  CHECK(u16(packed, 48 + 2) == 0);               // a row that the matrix lacks
}

TEST_CASE("bf16 lies as [N/16][K/2][16][2], an odd K filled with zeros") {
  std::vector<std::byte> data(2 * 3 * 2);
  for (uint16_t i = 0; i < 6; ++i) {
    const auto v = static_cast<uint16_t>(i + 1);
    std::memcpy(data.data() + 2 * i, &v, 2);
  }
  const auto packed = pack(DType::bf16, Shape{2, 3}, data);
  REQUIRE(packed.size() == 2 * 16 * 2 * 2);
  CHECK(u16(packed, 0) == 1);
  CHECK(u16(packed, 1) == 2);
  CHECK(u16(packed, 2) == 4);
  CHECK(u16(packed, 3) == 5);
  CHECK(u16(packed, 32) == 3);
  CHECK(u16(packed, 33) == 0);
  CHECK(u16(packed, 34) == 6);
}

TEST_CASE("q4_0 keeps its bytes four by four, its scales in a plane of their own") {
  const auto data = counted(2 * 18);  // two rows of one block
  const auto packed = pack(DType::q4_0, Shape{2, 32}, data);
  REQUIRE(packed.size() == 4 * 16 * 4 + 16 * 2);
  CHECK(packed[0] == data[2]);       // row 0, v 0, i 0
  CHECK(packed[4] == data[18 + 2]);  // row 1
  CHECK(packed[64] == data[2 + 4]);  // row 0, v 1
  CHECK(packed[256] == data[0]);     // row 0's scale
  CHECK(packed[258] == data[18]);    // row 1's
  CHECK(packed[260] == std::byte{0});
}

TEST_CASE("panel16 asks for a matrix that can exist") {
  CHECK_FALSE(panel16_bytes(DType::f32, Shape{16}));
  CHECK_FALSE(panel16_bytes(DType::f32, Shape{int64_t{1} << 62, 4}));
  CHECK_FALSE(panel16_bytes(DType::f32, Shape{4, int64_t{1} << 61}));
  CHECK_FALSE(panel16_bytes(DType::i64, Shape{16, 16}));
  CHECK(panel16_bytes(DType::f32, Shape{0, 16}) == 0u);
  CHECK(panel16_bytes(DType::f32, Shape{16, 0}) == 0u);
  CHECK(unpack_panel16(DType::f32, Shape{16, 16}, {}).error().code == Code::P0014);
}
