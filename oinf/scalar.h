// Single stored values as numbers: exact for every plain and packed type, float or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ir/dtype.h"

namespace openinfer {

// Element `i` of dense storage. The caller has checked that it is inside.
[[nodiscard]] double stored_float(DType dtype, std::span<const std::byte> data, uint64_t i);     // floating types
[[nodiscard]] int64_t stored_integer(DType dtype, std::span<const std::byte> data, uint64_t i);  // others; u64 wraps
// Any of the two, as a double (integers past 2^53 are rounded).
[[nodiscard]] double stored_number(DType dtype, std::span<const std::byte> data, uint64_t i);

// Widening is exact.
[[nodiscard]] float widen_f16(uint16_t bits);
[[nodiscard]] float widen_bf16(uint16_t bits);
[[nodiscard]] float widen_f8(uint8_t bits);      // E5M2
[[nodiscard]] float widen_f8e4m3(uint8_t bits);  // E4M3FN: finite only, one NaN
// Narrowing rounds to the nearest, ties to even; a NaN stays one.
[[nodiscard]] uint16_t narrow_f16(double value);
[[nodiscard]] uint16_t narrow_bf16(double value);
[[nodiscard]] uint16_t narrow_f16(float value);  // the same in integer steps, for rows of weights
[[nodiscard]] uint16_t narrow_bf16(float value);

}  // namespace openinfer
