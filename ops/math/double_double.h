// A value as the unevaluated sum of two doubles: about 106 bits. Only add, multiply and std::fma, so the same
// everywhere.
#pragma once

#include <cmath>

namespace openinfer::math {

struct Dd {
  double high = 0, low = 0;
};

// a + b for |a| >= |b|; a + b of any size; a * b: all without loss.
inline Dd fast_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}
inline Dd sum(double a, double b) {
  const double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
inline Dd product(double a, double b) {
  const double p = a * b;
  return {p, std::fma(a, b, -p)};
}

inline Dd operator+(Dd a, Dd b) {
  const Dd s = sum(a.high, b.high);
  return fast_sum(s.high, s.low + (a.low + b.low));
}
inline Dd operator*(Dd a, Dd b) {
  const Dd p = product(a.high, b.high);
  return fast_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}
inline Dd operator/(Dd a, Dd b) {
  const double q = a.high / b.high;
  const Dd p = product(q, b.high);
  const double rest = ((a.high - p.high) - p.low) + a.low - q * b.low;
  return fast_sum(q, rest / b.high);
}
inline Dd operator-(Dd a) { return {-a.high, -a.low}; }

}  // namespace openinfer::math
