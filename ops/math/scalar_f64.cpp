// The functions for double: written for being the same everywhere and within 2 ulp, not for speed. Where one double is
// too little the work is done in two (double_double.h). Series stand with their plain coefficients.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ops/math/double_double.h"
#include "ops/math/float_bits.h"
#include "ops/math/scalar.h"
#include "ops/math/two_over_pi.h"

namespace openinfer::math {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::bit_cast<double>(kNanF64);
constexpr Dd kLn2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
constexpr Dd kHalfPi{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
constexpr Dd kTwoOverRootPi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};

// exp(r) - 1 for |r| <= 0.35, as r + r^2/2 + …: the first two terms in two doubles.
Dd expm1_series(Dd r) {
  double p = 0;
  for (int n = 15; n >= 3; --n) p = (p + 1.0) * r.high / n;  // r/3 (1 + r/4 (1 + …))
  const Dd half_square = r * r * Dd{0.5, 0};
  return r + (half_square + Dd{half_square.high * p, 0});
}

double scale(double x, int n) {  // x * 2^n in two steps, the last one rounds once
  const int half = n / 2;
  return x * std::ldexp(1.0, half) * std::ldexp(1.0, n - half);
}

double exp_of(Dd x) {
  if (x.high > 710) return kInf;
  if (x.high < -746) return 0;
  const double n = std::nearbyint(x.high * 0x1.71547652b82fep+0);
  const Dd r = x + -(Dd{n, 0} * kLn2);
  const Dd e = Dd{1, 0} + expm1_series(r);
  return scale(e.high, static_cast<int>(n));
}

// exp(x) - 1 with a small relative error, |x| <= 40.
Dd expm1_of(double x) {
  const double n = std::nearbyint(x * 0x1.71547652b82fep+0);
  const Dd e = expm1_series(Dd{x, 0} + -(Dd{n, 0} * kLn2));
  const double power = std::ldexp(1.0, static_cast<int>(n));
  return Dd{e.high * power, e.low * power} + Dd{power - 1, 0};
}

// log of 2^e * (m.high + m.low), m near 1: 2 atanh(s), s = (m-1)/(m+1). The series in two doubles: pow needs the bits.
Dd log_of_parts(double e, Dd m) {
  const Dd s = (m + Dd{-1, 0}) / (m + Dd{1, 0}), s2 = s * s;
  double tail = 0;
  for (int n = 33; n >= 13; n -= 2) tail = tail * s2.high + 1.0 / n;
  Dd p{tail, 0};
  for (int n = 11; n >= 3; n -= 2) p = p * s2 + Dd{1, 0} / Dd{static_cast<double>(n), 0};
  const Dd twice{2 * s.high, 2 * s.low};
  return Dd{e, 0} * kLn2 + (twice + twice * s2 * p);
}

Dd log_of(double x) {  // x positive and finite
  int e = 0;
  double m = std::frexp(x, &e);  // [0.5, 1)
  if (m < 0x1.6a09e667f3bcdp-1) m *= 2, --e;
  return log_of_parts(e, {m, 0});
}

struct Angle {
  int quadrant;
  Dd r;
};

Angle reduce(double x) {
  if (std::fabs(x) <= 0.78) return {0, {x, 0}};
  const LargeAngle a = reduce_by_integers(x);
  return {a.quadrant, {a.r, a.low}};
}

double sine_series(Dd r) {
  const double s = r.high * r.high;
  double p = 0;
  for (int n = 21; n >= 5; n -= 2) p = -(p + 1.0) * s / (n * (n - 1));
  // r - r^3/6 (1 + p), with r's lower part times cos(r)
  return r.high + (r.low * (1 - 0.5 * s) - (p + 1.0) * s / 6 * r.high);
}
double cosine_series(Dd r) {
  const Dd s = product(r.high, r.high);
  double p = 0;
  for (int n = 20; n >= 4; n -= 2) p = -(p + 1.0) * s.high / (n * (n - 1));
  const double half = 0.5 * s.high, top = 1 - half;
  return top + (((1 - top) - half) - 0.5 * s.low - half * p - r.high * r.low);
}

double sin_or_cos(double x, int turn) {
  if (!std::isfinite(x)) return kNan;
  if (x == 0 && turn == 0) return x;
  const Angle a = reduce(x);
  const int quadrant = (a.quadrant + turn) & 3;
  const double value = (quadrant & 1) != 0 ? cosine_series(a.r) : sine_series(a.r);
  return (quadrant & 2) != 0 ? -value : value;
}

}  // namespace

double exp(double x) { return x != x ? kNan : exp_of({x, 0}); }

double one_plus_exp(double x) {  // of halves, since 2^n may be 2^1024
  if (x != x) return kNan;
  if (x > 710) return kInf;
  if (x < -746) return 1;
  const double n = std::nearbyint(x * 0x1.71547652b82fep+0);
  const Dd e = Dd{1, 0} + expm1_series(Dd{x, 0} + -(Dd{n, 0} * kLn2));
  const double power = std::ldexp(1.0, static_cast<int>(n) - 1);
  return 2 * (Dd{e.high * power, e.low * power} + Dd{0.5, 0}).high;
}

double sigmoid(double x) { return canonical(1.0 / one_plus_exp(-x)); }

double tanh(double x) {
  if (x != x) return kNan;
  const double a = std::fabs(x);
  if (a < 0x1p-28) return x;
  if (a > 22) return std::copysign(1.0, x);
  const Dd e = expm1_of(2 * a);
  const Dd y = e / (e + Dd{2, 0});
  return std::copysign(y.high, x);
}

double log(double x) {
  if (x != x || x < 0) return kNan;
  if (x == 0) return -kInf;
  return x == kInf ? kInf : log_of(x).high;
}

double log1p(double x) {
  if (x != x || x < -1) return kNan;
  if (x == -1) return -kInf;
  if (x == kInf || x == 0) return x;
  if (std::fabs(x) < 0x1p-54) return x;
  const Dd u = sum(1, x);
  int e = 0;
  double m = std::frexp(u.high, &e);
  if (m < 0x1.6a09e667f3bcdp-1) --e;
  if (e > 1000) return log_of(x).high;
  return log_of_parts(e, {std::ldexp(u.high, -e), std::ldexp(u.low, -e)}).high;
}

// 2/sqrt(pi) * exp(-x^2) * (x + 2x^3/3 + 4x^5/15 + …): every term positive, so nothing cancels.
double erf(double x) {
  if (x != x) return kNan;
  const double a = std::fabs(x);
  if (a > 6) return std::copysign(1.0, x);
  if (a < 0x1p-500) return x * kTwoOverRootPi.high;
  const Dd s = product(a, a);
  Dd term{a, 0}, total = term;
  for (int n = 1; n < 200 && term.high > total.high * 0x1p-60; ++n) {
    term = term * Dd{2 * s.high, 2 * s.low} / Dd{2.0 * n + 1, 0};
    total = total + term;
  }
  const double n = std::nearbyint(-s.high * 0x1.71547652b82fep+0);
  const Dd decay = Dd{1, 0} + expm1_series(-s + -(Dd{n, 0} * kLn2));
  const Dd y = kTwoOverRootPi * total * decay;
  return std::copysign(std::ldexp(y.high, static_cast<int>(n)), x);
}

double sin(double x) { return sin_or_cos(x, 0); }
double cos(double x) { return sin_or_cos(x, 1); }

// Halved twice by atan(a) = 2 atan(a / (1 + sqrt(1 + a^2))), then the series.
double atan(double x) {
  if (x != x) return kNan;
  const double a = std::fabs(x);
  if (a < 0x1p-28) return x;
  const bool steep = a > 1;
  if (a > 0x1p+60) return std::copysign(kHalfPi.high, x);
  Dd t = steep ? Dd{1, 0} / Dd{a, 0} : Dd{a, 0};
  for (int i = 0; i < 2; ++i) {
    const Dd under = Dd{1, 0} + t * t;
    const double root = std::sqrt(under.high);
    const Dd square = product(root, root);
    const Dd precise = fast_sum(root, ((under.high - square.high) - square.low + under.low) / (2 * root));
    t = t / (Dd{1, 0} + precise);
  }
  const double s = t.high * t.high;
  double p = 0;
  for (int n = 29; n >= 3; n -= 2) p = 1.0 / n - s * p;
  const Dd small = t + Dd{-t.high * s * p, 0};
  const Dd whole{4 * small.high, 4 * small.low};
  return std::copysign(steep ? (kHalfPi + -whole).high : whole.high, x);
}

double pow(double a, double b) {
  if (b == 0 || a == 1) return 1;
  if (a != a || b != b) return kNan;
  const double size = std::fabs(a), grade = std::fabs(b);
  const bool integer = grade < kInf && std::nearbyint(b) == b;
  const bool odd = integer && grade < 0x1p+53 && std::nearbyint(b / 2) != b / 2;
  if (a < 0 && !integer && grade < kInf && size < kInf) return kNan;
  double value = 0;
  if (grade == kInf || size == kInf || size == 0) {
    value = size == 1 ? 1.0 : (size > 1) == (b > 0) ? kInf : 0.0;
  } else {
    const double exponent = std::copysign(grade < 0x1p+80 ? grade : 0x1p+80, b);  // farther out only the sign counts
    const Dd l = log_of(size);
    const Dd y = product(exponent, l.high);
    value = std::fabs(y.high) > 800 ? (y.high > 0 ? kInf : 0.0) : exp_of(fast_sum(y.high, y.low + exponent * l.low));
  }
  return std::signbit(a) && odd ? -value : value;
}

}  // namespace openinfer::math
