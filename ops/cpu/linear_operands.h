// What linear takes beside its product: the bias, inputs[2], as f32 (conv takes it, too).
#pragma once

#include "ops/cpu/align64.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {

// Scratch that it takes: one that is stored narrower is widened in front of what the product needs.
OINF_INLINE uint64_t bias_bytes(const KernelSite& site) {
  if (!cpu::is_given(site, 2) || site.inputs[2].dtype == DType::f32) return 0;
  return static_cast<uint64_t>(align64(cpu::leading(site.inputs[2].shape, 0) * 4));
}

// nullptr without one. Moves `space` past what it took.
OINF_INLINE const float* take_bias(const KernelArgs& args, std::byte*& space) {
  if (!cpu::is_given(args, 2)) return nullptr;
  const TensorView& bias = args.inputs[2];
  const int64_t count = bias.elements();
  const float* floats = as_floats(bias, count, reinterpret_cast<float*>(space));
  if (bias.dtype != DType::f32) space += align64(count * 4);
  return floats;
}

// Whether the site is a linear over weights of this type, with f32 activations.
template <DType W>
bool is_linear_by(const KernelSite& site) {
  const KernelOperand& w = site.inputs[1];
  return cpu::is_dense(site.inputs[0], DType::f32) && cpu::is_dense(site.outputs[0], DType::f32) && w.dtype == W &&
         w.contiguous && w.shape.rank() >= 2 && cpu::is_short_or_absent(site, 2);
}

}  // namespace openinfer::OINF_ISA
