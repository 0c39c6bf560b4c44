#include "oinf/scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace openinfer {
namespace {

template <class T>
T load(std::span<const std::byte> data, uint64_t i) {
  T value;
  std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
  return value;
}

// Value of a small float of `exponent_bits` and `mantissa_bits`, without infinities and NaNs.
float small_float(uint32_t bits, int exponent_bits, int mantissa_bits) {
  const uint32_t mantissa = bits & ((1u << mantissa_bits) - 1);
  const uint32_t exponent = bits >> mantissa_bits & ((1u << exponent_bits) - 1);
  const bool negative = (bits >> (mantissa_bits + exponent_bits) & 1) != 0;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), 1 - bias - mantissa_bits)
                                        : std::ldexp(static_cast<float>(mantissa | 1u << mantissa_bits),
                                                     static_cast<int>(exponent) - bias - mantissa_bits);
  return negative ? -magnitude : magnitude;
}

int64_t packed_integer(DType dtype, std::span<const std::byte> data, uint64_t i) {
  const unsigned bits = info(dtype).bits;
  const uint64_t at = i * bits;
  const unsigned raw = std::to_integer<unsigned>(data[at / 8]) >> (at % 8) & ((1u << bits) - 1);
  if (dtype == DType::t1) return raw == 0 ? -1 : 1;
  const bool negative = info(dtype).kind != DTypeKind::packed_unsigned && (raw >> (bits - 1)) != 0;
  return static_cast<int64_t>(raw) - (negative ? int64_t{1} << bits : 0);
}

// Rounds to `mantissa_bits` below the leading one, with the smallest exponent and the largest finite value of the type.
uint32_t narrow(double value, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const uint32_t sign = std::signbit(value) ? 1u << (exponent_bits + mantissa_bits) : 0;
  const uint32_t infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
  if (std::isnan(value)) return sign | infinity | 1u << (mantissa_bits - 1);
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return sign | infinity;
  if (magnitude == 0) return sign;
  const int exponent = std::max(std::ilogb(magnitude), 1 - bias);
  // In units of the last place the value is below 2^(mantissa_bits + 1), so rounding it is exact but for the tie rule,
  // and a carry runs into the exponent as it should.
  const double units = std::nearbyint(std::ldexp(magnitude, mantissa_bits - exponent));
  const auto steps = static_cast<uint64_t>(units) + (static_cast<uint64_t>(exponent + bias - 1) << mantissa_bits);
  return sign | (steps >= infinity ? infinity : static_cast<uint32_t>(steps));
}

}  // namespace

float widen_f16(uint16_t bits) {
  if ((bits & 0x7C00) == 0x7C00) {  // infinity or NaN, payload kept
    const uint32_t wide =
        static_cast<uint32_t>(bits & 0x8000) << 16 | 0x7F800000u | static_cast<uint32_t>(bits & 0x3FF) << 13;
    return std::bit_cast<float>(wide);
  }
  return small_float(bits, 5, 10);
}
float widen_bf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
float widen_f8(uint8_t bits) { return widen_f16(static_cast<uint16_t>(bits << 8)); }
float widen_f8e4m3(uint8_t bits) {
  if ((bits & 0x7F) == 0x7F) return std::numeric_limits<float>::quiet_NaN();
  return small_float(bits, 4, 3);
}

uint16_t narrow_f16(double value) { return static_cast<uint16_t>(narrow(value, 5, 10)); }
uint16_t narrow_bf16(double value) { return static_cast<uint16_t>(narrow(value, 8, 7)); }

uint16_t narrow_f16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00);
  if (magnitude >= 0x477FF000) return static_cast<uint16_t>(sign | 0x7C00);  // 65520 and more
  if (magnitude < 0x38800000) {
    // Below 2^-14: adding 0.5 leaves the value in units of 2^-24, rounded as an addition rounds.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000));
  }
  const uint32_t rounded = magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | rounded >> 13);
}

uint16_t narrow_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

double stored_float(DType dtype, std::span<const std::byte> data, uint64_t i) {
  switch (dtype) {
    case DType::f64:
      return load<double>(data, i);
    case DType::f32:
      return load<float>(data, i);
    case DType::f16:
      return widen_f16(load<uint16_t>(data, i));
    case DType::bf16:
      return widen_bf16(load<uint16_t>(data, i));
    case DType::f8:
      return widen_f8(load<uint8_t>(data, i));
    default:
      return widen_f8e4m3(load<uint8_t>(data, i));
  }
}

int64_t stored_integer(DType dtype, std::span<const std::byte> data, uint64_t i) {
  if (is_packed(dtype)) return packed_integer(dtype, data, i);
  switch (dtype) {
    case DType::i64:
      return load<int64_t>(data, i);
    case DType::i32:
      return load<int32_t>(data, i);
    case DType::i16:
      return load<int16_t>(data, i);
    case DType::i8:
      return load<int8_t>(data, i);
    case DType::u64:
      return static_cast<int64_t>(load<uint64_t>(data, i));
    case DType::u32:
      return load<uint32_t>(data, i);
    case DType::u16:
      return load<uint16_t>(data, i);
    default:
      return load<uint8_t>(data, i);
  }
}

double stored_number(DType dtype, std::span<const std::byte> data, uint64_t i) {
  if (is_float(dtype)) return stored_float(dtype, data, i);
  const int64_t value = stored_integer(dtype, data, i);
  return dtype == DType::u64 ? static_cast<double>(static_cast<uint64_t>(value)) : static_cast<double>(value);
}

}  // namespace openinfer
