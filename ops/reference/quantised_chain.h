// The chain of block-quantised weights: activations become int8 in groups of 32, a group's dot product is exact, and
// groups are added in rising order (numerics.md, "Block-quantised weights").
#pragma once

#include <cstdint>

#include "ir/shape.h"

namespace openinfer::reference {

// Row `row` of x times row `n` of weight (q8_0 or q4_0, row-major).
[[nodiscard]] float quantised_chain(const TensorView& x, int64_t row, const TensorView& weight, int64_t n);

}  // namespace openinfer::reference
