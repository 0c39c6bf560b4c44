// NumPy's .npy files, version 1.0.
#pragma once

#include <cstddef>
#include <vector>

#include "oinf/tools/tensor_values.h"

namespace openinfer {

// Types that NumPy has are kept; bf16, 8-bit floats and block types become f32, packed integers 8-bit ones:
// exact all of them.
[[nodiscard]] std::vector<std::byte> to_npy(const TensorValues& values);

}  // namespace openinfer
