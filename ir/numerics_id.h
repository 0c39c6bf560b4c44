// Names the accumulation orders and the rounding of results (docs/numerics.md). It changes whenever any of them does,
// and stands in every trace and package.
#pragma once

#include <cstdint>

namespace openinfer {

inline constexpr uint32_t kNumericsId = 1;

}  // namespace openinfer
