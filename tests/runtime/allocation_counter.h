// Counts what a test binary asks the system for: every malloc and its kin, whoever calls it (operator new too), and
// every mmap that is not malloc's own. What malloc takes by brk or mmap only ever happens inside of one of these.
#pragma once

#include <cstdint>

namespace openinfer::test {

[[nodiscard]] uint64_t allocations();

}  // namespace openinfer::test
