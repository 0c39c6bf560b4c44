// The chain of block-quantised weights: activations become int8 in groups of 32, a group's dot product is exact, and
// groups are added in rising order (numerics.md, "Block-quantised weights"). Where a type has a scale for every 16, the
// two halves of a group are two steps; where it has a minimum, that is a step behind each scale's.
#pragma once

#include <cstdint>

#include "ops/reference/rows.h"

namespace openinfer::reference {

// Row `row` of x times row `n` of weight (any block type).
[[nodiscard]] float quantised_chain(const TensorView& x, int64_t row, const Weight& weight, int64_t n);

// n numbers times row `row` of a row-major weight of [rows, n] elements, whatever its axes are.
[[nodiscard]] float quantised_chain(float* numbers, int64_t n, const TensorView& weight, int64_t row);

}  // namespace openinfer::reference
