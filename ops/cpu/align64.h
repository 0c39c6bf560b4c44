// Pieces of scratch begin on a cache line.
#pragma once

#include <cstdint>

#include "ops/cpu/lanes.h"

namespace openinfer::OINF_ISA {

// In the namespace of the instruction set and inlined: its code must not stand in for another set's.
OINF_INLINE constexpr int64_t align64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace openinfer::OINF_ISA
