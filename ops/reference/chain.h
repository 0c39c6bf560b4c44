// The two orders of accumulation (numerics.md): a chain of fused multiply-adds in segments of 512 for contractions, and
// 64 lanes for reductions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace openinfer::reference {

inline constexpr int64_t kSegment = 512;

template <class V>
V multiply_add(V a, V b, V c) {
  if constexpr (std::is_floating_point_v<V>) {
    return std::fma(a, b, c);
  } else {
    return static_cast<V>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) + static_cast<uint64_t>(c));
  }
}

// The sum of n products. load_a and load_b give the values first … first+count-1 (count at most 512).
template <class V, class LoadA, class LoadB>
V chain(int64_t n, const LoadA& load_a, const LoadB& load_b) {
  std::array<V, kSegment> a, b;
  V total = 0;
  for (int64_t first = 0; first < n; first += kSegment) {
    const int64_t count = std::min(kSegment, n - first);
    load_a(first, count, a.data());
    load_b(first, count, b.data());
    V acc = 0;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) acc = multiply_add(a[i], b[i], acc);
    if constexpr (std::is_floating_point_v<V>) {
      total += acc;
    } else {
      total = static_cast<V>(static_cast<uint64_t>(total) + static_cast<uint64_t>(acc));
    }
  }
  return total;
}

// Element i belongs to lane i mod 64.
template <class V>
struct Lanes {
  std::array<V, 64> lane;
  explicit Lanes(V start = 0) { lane.fill(start); }
  V& operator[](int64_t i) { return lane[static_cast<size_t>(i % 64)]; }
  // 64 -> 32 -> … -> 1, lane j with lane j + half.
  template <class Join>
  V fold(const Join& join) {
    for (size_t half = 32; half > 0; half /= 2)
      for (size_t j = 0; j < half; ++j) lane[j] = join(lane[j], lane[j + half]);
    return lane[0];
  }
  V sum() {
    return fold([](V a, V b) { return a + b; });
  }
};

}  // namespace openinfer::reference
