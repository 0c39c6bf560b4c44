// Floats into the block types of GGUF, in the formats' reference arithmetic: f32, one operation after the other. q8_0,
// q4_0 and q4_1 have one defined rounding and come out bit for bit as GGUF tools write them; q4_k and q6_k search for
// the scales with the smallest weighted squared error, as the reference quantisers do.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ir/dtype.h"

namespace openinfer::pack {

// Whether floats are packed into this type: q8_0, q4_0, q4_1, q4_k, q6_k.
[[nodiscard]] bool can_quantise(DType to);

// values: a whole number of blocks. threads: over which the blocks are split; the bytes do not depend on it. `out` gets
// the size that it needs.
void quantise(DType to, std::span<const float> values, int threads, std::vector<std::byte>& out);

}  // namespace openinfer::pack
