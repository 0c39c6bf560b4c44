// The value that @init and @default give to every element.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "ir/dim.h"
#include "ir/dtype.h"
#include "ir/program.h"

namespace openinfer {

// Eight bytes of that value, one element behind the other: memory that begins at an element is this, repeated. Packed
// types are packed; block types begin as zero. value.integer must be a number of `dims`, else it counts as zero.
[[nodiscard]] std::array<std::byte, 8> repeated(const LiteralValue& value, DType dtype, const DimTable& dims);

// bytes, which begin at an element, from such a pattern.
void fill(std::span<std::byte> bytes, const std::array<std::byte, 8>& pattern);

}  // namespace openinfer
