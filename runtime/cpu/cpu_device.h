// The CPU as a device: buffers are memory of the process, submissions run at once on the calling thread and the pool.
#pragma once

#include <memory>

#include "ops/kernel.h"
#include "runtime/device.h"

namespace openinfer {

// parallel outlives the device.
[[nodiscard]] std::unique_ptr<Device> make_cpu_device(Isa isa, Parallel& parallel);

}  // namespace openinfer
