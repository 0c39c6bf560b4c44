// Decimal numbers as floats, rounded once.
#pragma once

#include <string_view>

#include "ir/dtype.h"

namespace openinfer {

// text: a number as JSON spells it. Which of the two is larger, exactly: -1 for text < value, 0, 1. value: finite.
[[nodiscard]] int compare_decimal(std::string_view text, double value);

// The value of the floating type that is nearest to the number, ties to even; an infinity (NaN for types without one)
// when it is beyond the largest.
[[nodiscard]] double nearest_of_decimal(std::string_view text, DType dtype);

}  // namespace openinfer
