// How much a node moves and computes, for the roofline: by its operands' types and shapes alone, so the same on every
// device.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/device.h"

namespace openinfer {

struct OperandShape {
  DType dtype = DType::f32;
  Shape shape;
  bool given = true;
};

struct Cost {
  uint64_t bytes = 0;  // every operand read or written once; of a table that rows are taken from, these rows
  uint64_t flops = 0;  // a multiplication and an addition count two; element-wise work one an element
};

[[nodiscard]] Cost cost_of(CommandKind kind, const OpSchema* op, std::span<const OperandShape> in,
                           std::span<const OperandShape> out);

}  // namespace openinfer
