// A sound at another rate: a windowed sinc, one filter for each phase of the output.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/result.h"

namespace openinfer {

// mono: at rate `from`; the result has ceil(mono.size() · to / from) samples at rate `to`. With o and n the two rates
// without their common divisor, c = 0.95 · min(o, n) and w = ceil(32 o / c), output j of phase p = j mod n is the sum
// over k = −w … w + o − 1 of sample floor(j / n) · o + k times h_p[k], in rising k, one chain of f32, zero outside the
// sound, where t = (k/o − p/n) · c and h_p[k] = (c/o) · sin(πt)/(πt) · cos²(πt/64) for |t| < 32, else 0, made in f64
// and rounded once. Rates: 1 to 2^20. Errors: I0009 for others.
[[nodiscard]] Result<std::vector<float>> resample(const std::vector<float>& mono, int64_t from, int64_t to);

}  // namespace openinfer
