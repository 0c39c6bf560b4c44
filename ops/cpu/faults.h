// What the kernels find wrong with data. Out of line and in no instruction set's namespace: messages are made of
// std::string, whose code must not come from a file for one instruction set.
#pragma once

#include "ops/kernel.h"

namespace openinfer::cpu {

// Heads and rows against keys; false: args.fault says what is wrong.
[[nodiscard]] bool check_attention(const KernelArgs& args);

}  // namespace openinfer::cpu
