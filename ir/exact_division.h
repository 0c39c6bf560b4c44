// Division of sizes: the exact rules of the language on numbers.
#pragma once

#include <cstdint>

#include "ir/dim.h"

namespace openinfer::exact {

struct Number {
  int64_t value = 0;
  DimFault fault = DimFault::none;
};

inline Number floor_divide(int64_t a, int64_t b) {
  if (b == 0) return {0, DimFault::by_zero};
  if (a == INT64_MIN && b == -1) return {0, DimFault::overflow};
  const int64_t q = a / b;
  return {q - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0)};
}
inline Number ceil_divide(int64_t a, int64_t b) {
  const Number q = floor_divide(a, b);
  if (q.fault != DimFault::none) return q;
  return {q.value + (a % b != 0 ? 1 : 0)};
}
inline Number divide(int64_t a, int64_t b) {
  const Number q = floor_divide(a, b);
  if (q.fault != DimFault::none) return q;
  if (a % b != 0) return {0, DimFault::inexact};
  return q;
}
inline Number modulo(int64_t a, int64_t b) {
  if (b == 0) return {0, DimFault::by_zero};
  if (b == -1) return {0};
  const int64_t r = a % b;
  return {r != 0 && (r < 0) != (b < 0) ? r + b : r};
}

}  // namespace openinfer::exact
