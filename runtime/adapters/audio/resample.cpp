#include "runtime/adapters/audio/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "ops/math/scalar.h"

namespace openinfer {
namespace {

constexpr int64_t kMostRate = int64_t{1} << 20;
constexpr double kReach = 32;  // zero crossings on either side

// The taps of one phase that are not 0: from sample `first` on.
struct Filter {
  int64_t first = 0;
  std::vector<float> taps;
};

Filter filter_of(int64_t phase, int64_t o, int64_t n) {
  const double c = 0.95 * static_cast<double>(std::min(o, n));
  const auto w = static_cast<int64_t>(std::ceil(kReach * static_cast<double>(o) / c));
  Filter filter;
  for (int64_t k = -w; k < w + o; ++k) {
    const double t =
        (static_cast<double>(k) / static_cast<double>(o) - static_cast<double>(phase) / static_cast<double>(n)) * c;
    if (!(std::fabs(t) < kReach)) {
      if (!filter.taps.empty()) break;
      continue;
    }
    if (filter.taps.empty()) filter.first = k;
    const double x = std::numbers::pi * t;
    const double window = math::cos(x / (2 * kReach));
    const double sinc = t == 0 ? 1 : math::sin(x) / x;
    filter.taps.push_back(static_cast<float>(c / static_cast<double>(o) * sinc * (window * window)));
  }
  return filter;
}

}  // namespace

Result<std::vector<float>> resample(const std::vector<float>& mono, int64_t from, int64_t to) {
  if (from < 1 || to < 1 || from > kMostRate || to > kMostRate)
    return Diagnostic(
        Code::I0009, "@audio: rates are 1 to 1048576, not " + std::to_string(from < 1 || from > kMostRate ? from : to));
  if (from == to) return mono;
  const int64_t divisor = std::gcd(from, to), o = from / divisor, n = to / divisor;
  const auto have = static_cast<int64_t>(mono.size());
  std::vector<float> out(static_cast<size_t>((have * n + o - 1) / o));
  const auto count = static_cast<int64_t>(out.size());
  for (int64_t phase = 0; phase < std::min(n, count); ++phase) {
    const Filter filter = filter_of(phase, o, n);
    for (int64_t j = phase; j < count; j += n) {
      const int64_t begin = j / n * o + filter.first;
      float sum = 0;
      const int64_t lo = std::max<int64_t>(0, -begin);
      const int64_t hi = std::min(static_cast<int64_t>(filter.taps.size()), have - begin);
      for (int64_t k = lo; k < hi; ++k)
        sum = std::fma(filter.taps[static_cast<size_t>(k)], mono[static_cast<size_t>(begin + k)], sum);
      out[static_cast<size_t>(j)] = sum;
    }
  }
  return out;
}

}  // namespace openinfer
