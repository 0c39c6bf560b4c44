// Copies, gathers, scatters and fills of the CPU device. Views say where; types agree or are converted as the
// command's kind allows.
#pragma once

#include <span>

#include "ir/shape.h"
#include "ops/kernel.h"

namespace openinfer::cpu {

// from, broadcast, to `to`. Types are equal, or both floats, or a float and q8_0 to round to.
void copy(const TensorView& from, const TensorView& to);

// to = from at the index vectors, which stand for the neighbouring axes axes[0], axes[0] + 1, … of `from`.
bool gather(const TensorView& from, std::span<const TensorView> vectors, int axis, const TensorView& to,
            KernelFault& fault);

// from goes to `to` at the index vectors, in rising order. Types are equal, or both floats.
bool scatter(const TensorView& from, std::span<const TensorView> vectors, int axis, const TensorView& to,
             KernelFault& fault);

void fill(const TensorView& to, std::span<const std::byte, 8> pattern);

}  // namespace openinfer::cpu
