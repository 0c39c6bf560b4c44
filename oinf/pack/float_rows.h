// Dense floats from one type into another.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ir/dtype.h"

namespace openinfer::pack {

// from: f64, f32, f16 or bf16; to: f32, f16 or bf16. Rounds to the nearest, ties to even; NaN stays NaN. `out` gets the
// size that it needs.
void convert_floats(DType from, std::span<const std::byte> data, DType to, std::vector<std::byte>& out);

}  // namespace openinfer::pack
