// What `sample` takes; its kernels refuse the rest with the same words.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>

namespace openinfer {

// Which argument is out of its range, and how; empty when none is.
[[nodiscard]] inline std::string sampling_fault(float temperature, int64_t top_k, float top_p) {
  std::ostringstream why;
  if (!(temperature >= 0)) why << "temperature is " << temperature << ", it must be at least 0";
  if (top_k < 0) why << (why.tellp() > 0 ? "; " : "") << "top_k is " << top_k << ", it must be at least 0";
  if (!(top_p > 0 && top_p <= 1))
    why << (why.tellp() > 0 ? "; " : "") << "top_p is " << top_p << ", it must be above 0 and at most 1";
  return why.str();
}

}  // namespace openinfer
