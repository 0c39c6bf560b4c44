#include "ops/math/two_over_pi.h"

#include <bit>
#include <cmath>

namespace openinfer::math {
namespace {

// The first 1216 bits of 2/pi behind the point, 64 a word.
constexpr uint64_t kTwoOverPi[19] = {0xA2F9836E4E441529u, 0xFC2757D1F534DDC0u, 0xDB6295993C439041u, 0xFE5163ABDEBBC561u,
                                     0xB7246E3A424DD2E0u, 0x06492EEA09D1921Cu, 0xFE1DEB1CB129A73Eu, 0xE88235F52EBB4484u,
                                     0xE99C7026B45F7E41u, 0x3991D639835339F4u, 0x9C845F8BBDF9283Bu, 0x1FF897FFDE05980Fu,
                                     0xEF2F118B5A0A6D1Fu, 0x6D367ECF27CB09B7u, 0x4F463F669E5FEA2Du, 0x7527BAC7EBE5F17Bu,
                                     0x3D0739F78A5292EAu, 0x6BFB5FB11F8D5D08u, 0x56033046FC7B6BABu};

// 64 bits of 2/pi from bit `at` behind the point; bits before the point are zero.
uint64_t word_at(int at) {
  if (at <= -64) return 0;
  if (at < 0) return kTwoOverPi[0] >> -at;
  const int index = at / 64, shift = at % 64;
  const uint64_t high = index < 19 ? kTwoOverPi[index] : 0, low = index + 1 < 19 ? kTwoOverPi[index + 1] : 0;
  return shift == 0 ? high : high << shift | low >> (64 - shift);
}

struct Wide {  // 192 bits, most significant word first
  uint64_t w[3];
};

uint64_t multiply(uint64_t a, uint64_t b, uint64_t& high) {
  const uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
  const uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), cross = a0 * b1 + (middle & 0xFFFFFFFFu);
  high = a1 * b1 + (middle >> 32) + (cross >> 32);
  return cross << 32 | (low & 0xFFFFFFFFu);
}

// The upper 192 bits of m * (three words), modulo 2^192 of the words' own place.
Wide product(uint64_t m, const uint64_t (&t)[3]) {
  uint64_t h2 = 0, h1 = 0, h0 = 0;
  const uint64_t l2 = multiply(m, t[2], h2), l1 = multiply(m, t[1], h1), l0 = multiply(m, t[0], h0);
  Wide r{};
  r.w[2] = l2;
  r.w[1] = l1 + h2;
  const uint64_t carry = r.w[1] < l1 ? 1 : 0;
  r.w[0] = l0 + h1 + carry;
  return r;
}

}  // namespace

LargeAngle reduce_by_integers(double x) {
  const auto u = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(u >> 52 & 0x7FF) - 1075;  // |x| = m * 2^exponent
  const uint64_t m = (u & 0xFFFFFFFFFFFFFu) | uint64_t{1} << 52;
  // Bits of 2/pi that weigh 4 or more with m * 2^exponent give whole turns: 2 bits before the point stay.
  const int at = exponent - 2;
  const uint64_t t[3] = {word_at(at), word_at(at + 64), word_at(at + 128)};
  const Wide p = product(m, t);  // a fraction of 4: the two upper bits are the quadrant
  int32_t quadrant = static_cast<int32_t>(p.w[0] >> 62);
  uint64_t high = p.w[0] << 2 | p.w[1] >> 62, low = p.w[1] << 2 | p.w[2] >> 62;  // 128 bits of the fraction of pi/2
  bool negative = false;
  if (high >> 63 != 0) {  // above a half: from the next quadrant
    negative = true;
    quadrant = (quadrant + 1) & 3;
    low = ~low + 1;
    high = ~high + (low == 0 ? 1 : 0);
  }
  // Normalise, then 53 + 53 bits as two doubles.
  int shift = 0;
  if (high == 0) {
    high = low;
    low = 0;
    shift = 64;
  }
  if (high == 0) return {quadrant, 0, 0};
  const int zeros = std::countl_zero(high);
  if (zeros != 0) {
    high = high << zeros | low >> (64 - zeros);
    low <<= zeros;
    shift += zeros;
  }
  const double upper = std::ldexp(static_cast<double>(high >> 11), -53 - shift);
  const double lower = std::ldexp(static_cast<double>((high & 0x7FF) << 42 | low >> 22), -53 - 53 - shift);
  // (upper + lower) * pi/2 with pi/2 in two parts.
  const double c = 0x1.921fb54442d18p+0, c_low = 0x1.1a62633145c07p-54;
  const double r = upper * c;
  const double rest = std::fma(upper, c, -r) + (upper * c_low + lower * c);
  double head = r + rest, tail = (r - head) + rest;
  if (negative) head = -head, tail = -tail;
  if (x < 0) head = -head, tail = -tail, quadrant = -quadrant & 3;
  return {quadrant, head, tail};
}

}  // namespace openinfer::math
