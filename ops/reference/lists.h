// The plain kernels: every op for every element type of its row, any strides. They state what is computed; the fast
// kernels of ops/cpu are compared with them bit by bit.
#pragma once

#include "ops/kernel.h"

namespace openinfer::reference {

[[nodiscard]] KernelList elementwise_kernels();  // from the expressions of ops.json
[[nodiscard]] KernelList division_kernels();     // div, floor_div, rem, recip
[[nodiscard]] KernelList bit_kernels();          // shl, shr, popcount, is_finite
[[nodiscard]] KernelList conversion_kernels();   // cast
[[nodiscard]] KernelList creation_kernels();     // fill, arange
[[nodiscard]] KernelList random_kernels();       // random_normal, random_uniform
[[nodiscard]] KernelList reduction_kernels();    // sum_axis … argmin_axis, all_axis, any_axis
[[nodiscard]] KernelList scan_kernels();         // cumsum, cumprod
[[nodiscard]] KernelList movement_kernels();     // reshape, transpose, concat, pad, unfold
[[nodiscard]] KernelList index_kernels();        // embedding, index_add, isin, common_prefix, nonzero
[[nodiscard]] KernelList sort_kernels();         // top_k, nms
[[nodiscard]] KernelList linear_kernels();       // linear, gather_linear
[[nodiscard]] KernelList matmul_kernels();       // matmul
[[nodiscard]] KernelList norm_kernels();         // softmax, rms_norm, layer_norm, batch_norm, group_norm
[[nodiscard]] KernelList rope_kernels();         // rope
[[nodiscard]] KernelList attention_kernels();    // attention, ragged_attention
[[nodiscard]] KernelList recurrence_kernels();   // causal_conv1d, selective_scan
[[nodiscard]] KernelList sampling_kernels();     // sample, repetition_penalty
[[nodiscard]] KernelList convolution_kernels();  // conv, conv_transpose
[[nodiscard]] KernelList pool_kernels();         // max_pool, avg_pool
[[nodiscard]] KernelList resize_kernels();       // resize
[[nodiscard]] KernelList grid_sample_kernels();  // grid_sample
[[nodiscard]] KernelList roi_align_kernels();    // roi_align

}  // namespace openinfer::reference
