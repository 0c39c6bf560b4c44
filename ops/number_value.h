// Numbers as a graph, its metadata or its caller spell them, and whether an element type holds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "ir/dtype.h"
#include "ir/program.h"

namespace openinfer {

// uint64_t only from 2^63 on.
using NumberValue = std::variant<bool, int64_t, uint64_t, double>;

// Nothing when the integer is known only in the run.
[[nodiscard]] std::optional<NumberValue> number_of(const LiteralValue& value, const DimTable& dims);

[[nodiscard]] std::string to_string(const NumberValue& value);

// Why no element of `type` is `value`, as "300 does not fit u8"; empty when one is. Integers must be in the type's
// range (t1 has no 0), fractions are for float types, which may round but not overflow; true and false are for bool
// and bitset. Block-quantised types hold no single numbers.
[[nodiscard]] std::string misfit(const NumberValue& value, DType type);

// Element `index` of the dense elements at `base`. Integers wrap to the type's width.
void store_number(std::byte* base, DType type, int64_t index, const NumberValue& value);

}  // namespace openinfer
