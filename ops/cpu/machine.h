// What the processor that this runs on can do.
#pragma once

#include "ops/kernel.h"

namespace openinfer::cpu {

// Whether it has all that code for this instruction set uses.
[[nodiscard]] bool machine_has(Isa isa);

}  // namespace openinfer::cpu
