// The fast CPU kernels of every instruction set that this build has.
#pragma once

#include <vector>

#include "ops/kernel.h"

namespace openinfer::cpu {

// In the order in which they are tried: avx512vnni, avx512, avx2, neon, portable.
[[nodiscard]] std::vector<KernelList> kernel_lists();

}  // namespace openinfer::cpu
