// Places in files, arenas and buffers begin on a cache line. (Kernels have their own, ops/cpu/align64.h: code that is
// compiled for one instruction set must not stand in for another's.)
#pragma once

#include <cstdint>

namespace openinfer {

[[nodiscard]] constexpr uint64_t align64(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace openinfer
