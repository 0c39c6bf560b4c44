// Elements of every stored type as values to compute with. Widening is exact; narrowing rounds once, to nearest even,
// and writes the canonical NaN; a float becomes an integer by dropping its fraction, limited to the range, NaN 0; an
// integer becomes a narrower one by dropping bits.
#pragma once

#include <cstdint>

#include "ir/shape.h"

namespace openinfer {

// V: float, double, int64_t or uint64_t. Packed and block types count `index` in elements from `base` (a block's first
// element stands at a multiple of the block). Integers as V: floats are read as floats and converted.
template <class V>
[[nodiscard]] V load_element(const std::byte* base, DType type, int64_t index);
template <class V>
void store_element(std::byte* base, DType type, int64_t index, V value);

// n elements from `first`, `stride` apart.
template <class V>
void load_elements(const std::byte* base, DType type, int64_t first, int64_t stride, int64_t n, V* out);
template <class V>
void store_elements(std::byte* base, DType type, int64_t first, int64_t stride, int64_t n, const V* values);

}  // namespace openinfer
