// Values of block-quantised types, as GGUF defines them. Blocks lie one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/dtype.h"

namespace openinfer {

// Element `index` of a row of blocks that begins at `base`, in f32 arithmetic.
[[nodiscard]] float block_element(DType type, const std::byte* base, int64_t index);

}  // namespace openinfer
