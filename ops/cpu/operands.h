// Small questions that the kernels' `supports` and `run` ask of their operands. Always inlined: see ops/math/inline.h.
#pragma once

#include <cstdint>

#include "ops/kernel.h"
#include "ops/math/inline.h"

namespace openinfer::cpu {

OINF_INLINE bool is_dense(const KernelOperand& x, DType type) {
  return x.given && x.contiguous && x.dtype == type && x.layout == Layout::rowmajor;
}
OINF_INLINE bool is_given(const KernelSite& site, size_t input) {
  return input < site.inputs.size() && site.inputs[input].given;
}
OINF_INLINE bool is_given(const KernelArgs& args, size_t input) {
  return input < args.inputs.size() && args.inputs[input].data != nullptr;
}
OINF_INLINE bool is_short_float(DType type) { return type == DType::f32 || type == DType::f16 || type == DType::bf16; }
// Not given, or dense f32, f16 or bf16.
OINF_INLINE bool is_short_or_absent(const KernelSite& site, size_t input) {
  if (!is_given(site, input)) return true;
  const KernelOperand& x = site.inputs[input];
  return x.contiguous && x.layout == Layout::rowmajor && is_short_float(x.dtype);
}

OINF_INLINE int64_t last_axis(const Shape& s) { return s.rank() == 0 ? 1 : s[s.rank() - 1]; }
// Product of all axes but the last `n`.
OINF_INLINE int64_t leading(const Shape& s, int n) {
  int64_t product = 1;
  for (int a = 0; a < s.rank() - n; ++a) product *= s[a];
  return product;
}

}  // namespace openinfer::cpu
