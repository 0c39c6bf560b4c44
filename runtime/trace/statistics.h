// What is said of a value in traces and by the debugger. The same bits of a value give the same figures everywhere:
// sums run in double over the elements in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/adapters/host_tensor.h"

namespace openinfer {

struct Statistics {
  std::optional<double> min, max, mean;  // of the finite elements; none without one
  int64_t nan = 0, inf = 0;              // how many elements are
};

[[nodiscard]] Statistics statistics_of(const HostTensor& value);
// hash64 of the dense row-major bytes.
[[nodiscard]] uint64_t digest_of(const HostTensor& value);
// The fewest digits that give the number back; "null" for none.
[[nodiscard]] std::string json_number(std::optional<double> number);

}  // namespace openinfer
