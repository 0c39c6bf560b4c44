// Numbers as text: the fewest digits that give the same bits back; of types narrower than f32, as an f32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ir/dtype.h"

namespace openinfer {

// The value of one element, as JSON spells it; besides that `inf`, `-inf`, `nan`, and `true`, `false` for bool.
// base: dense storage of any type.
[[nodiscard]] std::string format_element(const std::byte* base, DType dtype, int64_t index);
void append_element(std::string& text, const std::byte* base, DType dtype, int64_t index);

}  // namespace openinfer
