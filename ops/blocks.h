// Values of block-quantised types, as GGUF defines them. Blocks lie one behind the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ir/dtype.h"

namespace openinfer {

// Element `index` of a row of blocks that begins at `base`, in f32 arithmetic.
[[nodiscard]] float block_element(DType type, const std::byte* base, int64_t index);

// 32 neighbours as whole numbers, |q| <= 128: value = scale · q + minimum. Types with a scale for every 16 have two
// parts, the others one, whose numbers stand in both places.
struct BlockGroup {
  std::array<int, 32> q{};
  std::array<float, 2> scale{}, minimum{};
  int parts = 1;
  bool has_minimum = false;
};

// Elements index … index + 31 of a row of blocks; index is a multiple of 32.
[[nodiscard]] BlockGroup block_group(DType type, const std::byte* base, int64_t index);

// Elements first … first + n - 1 of a row of q8_0, both multiples of 32, rounded as GGUF's reference does: scale =
// largest / 127, halves away from zero. A block with NaN or infinity has scale NaN and all q 0.
void store_q8_0(std::byte* base, int64_t first, int64_t n, const float* values);

}  // namespace openinfer
