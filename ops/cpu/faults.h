// What the kernels find wrong with data, and the random number of a draw. Out of line and in no instruction set's
// namespace: messages are made of std::string, whose code must not come from a file for one instruction set.
#pragma once

#include "ops/kernel.h"

namespace openinfer::cpu {

// Heads and rows against keys; false: args.fault says what is wrong.
[[nodiscard]] bool check_attention(const KernelArgs& args);

// conv's groups against the output channels.
[[nodiscard]] bool check_groups(const KernelArgs& args);
// freq against the features of x.
[[nodiscard]] bool check_rope(const KernelArgs& args);
// Every id of embedding's first input is a row of its second.
[[nodiscard]] bool check_ids(const KernelArgs& args);
// clamp's bounds: min is not above max.
[[nodiscard]] bool check_bounds(const KernelArgs& args);
// sample's settings; repetition_penalty's, with the ids it is given.
[[nodiscard]] bool check_sampling(const KernelArgs& args);
[[nodiscard]] bool check_penalty(const KernelArgs& args);
// Row `row` of sample's logits has nothing to choose: always false.
[[nodiscard]] bool no_logit(const KernelArgs& args, int64_t row);
// The number that sample compares with: word 0 of Philox, in [0, 1).
[[nodiscard]] float random_unit(uint64_t seed, uint64_t position);
// The last axis of the first input is empty, which `op` cannot do with: always false.
[[nodiscard]] bool empty_row(const KernelArgs& args, const char* op);

}  // namespace openinfer::cpu
