// How much memory this process can have at most.
#pragma once

#include "runtime/device.h"

namespace openinfer {

// The lowest of: physical memory, the limit of this process's control group (version 1 and 2, and of those around it),
// and its own limit (ulimit -v, -d). Swap does not count: a run that needs it is not worth starting.
[[nodiscard]] DeviceMemory machine_memory();

}  // namespace openinfer
