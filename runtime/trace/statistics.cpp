#include "runtime/trace/statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ops/element.h"
#include "runtime/trace/node_identity.h"

namespace openinfer {

Statistics statistics_of(const HostTensor& value) {
  Statistics s;
  double sum = 0;
  int64_t finite = 0;
  constexpr int64_t kChunk = 512;
  double wide[kChunk];
  const int64_t n = value.elements();
  for (int64_t first = 0; first < n; first += kChunk) {
    const int64_t size = std::min(kChunk, n - first);
    for (int64_t i = 0; i < size; ++i) wide[i] = load_element<double>(value.data(), value.dtype(), first + i);
    for (int64_t i = 0; i < size; ++i) {
      const double v = wide[i];
      if (std::isnan(v)) {
        ++s.nan;
      } else if (std::isinf(v)) {
        ++s.inf;
      } else {
        if (!s.min || v < *s.min) s.min = v;
        if (!s.max || v > *s.max) s.max = v;
        sum += v;
        ++finite;
      }
    }
  }
  if (finite > 0) s.mean = sum / static_cast<double>(finite);
  return s;
}

uint64_t digest_of(const HostTensor& value) {
  return hash64({reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size()});
}

std::string json_number(std::optional<double> number) {
  if (!number || !std::isfinite(*number)) return "null";
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, *number).ptr};
}

}  // namespace openinfer
