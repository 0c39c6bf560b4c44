// Value types that the expressions of element-wise ops are computed over. F32 is portable::F32 (one lane of
// ops/math/vec_scalar.h); here are f64, integers of 64 bits that wrap, and truth values. A vector type of an
// instruction set offers the same: arithmetic, comparisons to a mask, select(mask, a, b), abs, floor, ceil, trunc,
// round_even, sqrt, fma, bits and from_bits, a constructor from float.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/math/functions.h"
#include "ops/math/inline.h"
#include "ops/math/scalar.h"
#include "ops/math/vec_scalar.h"

namespace openinfer {

struct Truth {
  bool v = false;
  static Truth number(double x) { return {x != 0}; }
};
// A bool is 0 or 1: sum is or, product is and.
inline Truth operator+(Truth a, Truth b) { return {a.v || b.v}; }
inline Truth operator*(Truth a, Truth b) { return {a.v && b.v}; }
inline Truth operator&(Truth a, Truth b) { return {a.v && b.v}; }
inline Truth operator|(Truth a, Truth b) { return {a.v || b.v}; }
inline Truth operator^(Truth a, Truth b) { return {a.v != b.v}; }
inline Truth operator~(Truth a) { return {!a.v}; }
inline Truth operator==(Truth a, Truth b) { return {a.v == b.v}; }
inline Truth operator!=(Truth a, Truth b) { return {a.v != b.v}; }
inline Truth select(Truth c, Truth a, Truth b) { return c.v ? a : b; }

// Signed or unsigned 64 bits. Every narrower type is computed here and wraps when it is stored.
template <class T>
struct Wrap {
  T v = 0;
  static Wrap number(double x) {
    if (x >= static_cast<double>(std::numeric_limits<T>::max())) return {std::numeric_limits<T>::max()};
    if (x <= static_cast<double>(std::numeric_limits<T>::min())) return {std::numeric_limits<T>::min()};
    return {static_cast<T>(x)};
  }
  static Wrap of(uint64_t x) { return {static_cast<T>(x)}; }
  [[nodiscard]] uint64_t u() const { return static_cast<uint64_t>(v); }
  friend Wrap operator+(Wrap a, Wrap b) { return of(a.u() + b.u()); }
  friend Wrap operator-(Wrap a, Wrap b) { return of(a.u() - b.u()); }
  friend Wrap operator*(Wrap a, Wrap b) { return of(a.u() * b.u()); }
  friend Wrap operator-(Wrap a) { return of(0 - a.u()); }
  friend Wrap operator&(Wrap a, Wrap b) { return {a.v & b.v}; }
  friend Wrap operator|(Wrap a, Wrap b) { return {a.v | b.v}; }
  friend Wrap operator^(Wrap a, Wrap b) { return {a.v ^ b.v}; }
  friend Wrap operator~(Wrap a) { return {~a.v}; }
  friend Truth operator==(Wrap a, Wrap b) { return {a.v == b.v}; }
  friend Truth operator!=(Wrap a, Wrap b) { return {a.v != b.v}; }
  friend Truth operator<(Wrap a, Wrap b) { return {a.v < b.v}; }
  friend Truth operator<=(Wrap a, Wrap b) { return {a.v <= b.v}; }
  friend Truth operator>(Wrap a, Wrap b) { return {a.v > b.v}; }
  friend Truth operator>=(Wrap a, Wrap b) { return {a.v >= b.v}; }
  friend Wrap select(Truth c, Wrap a, Wrap b) { return c.v ? a : b; }
  friend Wrap abs(Wrap a) { return a.v < T{0} ? -a : a; }
  friend Wrap minimum(Wrap a, Wrap b) { return a.v < b.v ? a : b; }
  friend Wrap maximum(Wrap a, Wrap b) { return a.v > b.v ? a : b; }
};
using I64 = Wrap<int64_t>;
using U64 = Wrap<uint64_t>;

struct F64 {
  double v = 0;
  static F64 number(double x) { return {x}; }
};
inline F64 operator+(F64 a, F64 b) { return {a.v + b.v}; }
inline F64 operator-(F64 a, F64 b) { return {a.v - b.v}; }
inline F64 operator*(F64 a, F64 b) { return {a.v * b.v}; }
inline F64 operator/(F64 a, F64 b) { return {a.v / b.v}; }
inline F64 operator-(F64 a) { return {-a.v}; }
inline Truth operator==(F64 a, F64 b) { return {a.v == b.v}; }
inline Truth operator!=(F64 a, F64 b) { return {a.v != b.v}; }
inline Truth operator<(F64 a, F64 b) { return {a.v < b.v}; }
inline Truth operator<=(F64 a, F64 b) { return {a.v <= b.v}; }
inline Truth operator>(F64 a, F64 b) { return {a.v > b.v}; }
inline Truth operator>=(F64 a, F64 b) { return {a.v >= b.v}; }
inline F64 select(Truth c, F64 a, F64 b) { return c.v ? a : b; }
inline F64 fma(F64 a, F64 b, F64 c) { return {std::fma(a.v, b.v, c.v)}; }
inline F64 abs(F64 a) { return {std::fabs(a.v)}; }
inline F64 sqrt(F64 a) { return {std::sqrt(a.v)}; }
inline F64 floor(F64 a) { return {std::floor(a.v)}; }
inline F64 ceil(F64 a) { return {std::ceil(a.v)}; }
inline F64 trunc(F64 a) { return {std::trunc(a.v)}; }
inline F64 round_even(F64 a) { return {std::nearbyint(a.v)}; }
struct Bits64 {
  uint64_t v;
};
inline Bits64 operator&(Bits64 a, Bits64 b) { return {a.v & b.v}; }
inline Bits64 operator|(Bits64 a, Bits64 b) { return {a.v | b.v}; }
inline Bits64 bits(F64 a) { return {std::bit_cast<uint64_t>(a.v)}; }
inline F64 from_bits(Bits64 a) { return {std::bit_cast<double>(a.v)}; }
inline F64 exp(F64 x) { return {math::exp(x.v)}; }
inline F64 one_plus_exp(F64 x) { return {math::one_plus_exp(x.v)}; }
inline F64 tanh(F64 x) { return {math::tanh(x.v)}; }
inline F64 log(F64 x) { return {math::log(x.v)}; }
inline F64 log1p(F64 x) { return {math::log1p(x.v)}; }
inline F64 erf(F64 x) { return {math::erf(x.v)}; }
inline F64 sin(F64 x) { return {math::sin(x.v)}; }
inline F64 cos(F64 x) { return {math::cos(x.v)}; }
inline F64 atan(F64 x) { return {math::atan(x.v)}; }
inline F64 pow(F64 a, F64 b) { return {math::pow(a.v, b.v)}; }

namespace elementwise {

enum ValueKind : unsigned { kReal = 1, kWhole = 2, kTruth = 4 };

using math::atan;
using math::cos;
using math::erf;
using math::exp;
using math::log;
using math::log1p;
using math::one_plus_exp;
using math::pow;
using math::sin;
using math::tanh;

// A number of an expression in every lane.
template <class V>
OINF_INLINE V number(double x) {
  if constexpr (requires { V::number(x); }) {
    return V::number(x);
  } else {
    return V(static_cast<float>(x));
  }
}

// IEEE 754-2019 maximum and minimum: NaN wins, +0 is above -0. Of equal values the common bits are right: only the two
// zeros differ.
template <class V>
OINF_INLINE V maximum(V a, V b) {
  return select(a == b, from_bits(bits(a) & bits(b)), select(a > b, a, select(a == a, b, a)));
}
template <class V>
OINF_INLINE V minimum(V a, V b) {
  return select(a == b, from_bits(bits(a) | bits(b)), select(a < b, a, select(a == a, b, a)));
}

template <class V>
OINF_INLINE auto is_nan(V a) {
  return a != a;
}
template <class V>
OINF_INLINE auto is_inf(V a) {
  return abs(a) == number<V>(std::numeric_limits<double>::infinity());
}

}  // namespace elementwise
}  // namespace openinfer
