#include "runtime/memory_budget.h"

#include <fmt/format.h>

namespace openinfer {

std::string bytes_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 5; ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{} bytes ({:.1f} {})", bytes, value, kUnits[unit]);
}

Status MemoryBudget::admit(const MemoryUse& use) const {
  if (limit_ != 0 && use.reserved > limit_)
    return Diagnostic(Code::R0009,
                      fmt::format("the run needs {}, the limit is {}", bytes_text(use.reserved), bytes_text(limit_)));
  if (use.held > device_)
    return Diagnostic(Code::R0006, fmt::format("the run is sure to write {}, there are {}: {}", bytes_text(use.held),
                                               bytes_text(device_), source_));
  return {};
}

}  // namespace openinfer
