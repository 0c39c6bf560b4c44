// A tensor as a person writes one: a number, `true`, `false`, `inf`, `-inf`, `nan`, or a rectangular JSON list of
// lists.
#pragma once

#include <string_view>

#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

// dtype: plain; elements convert as store_given says. Lists may be 8 deep; [] has the shape [0].
// Errors: I0006 (not such a text, with the offset), I0004 (lists of different lengths), I0005 (an element that does not
// fit, with its index), I0003 for block types.
[[nodiscard]] Result<HostTensor> parse_literal_tensor(std::string_view text, DType dtype);

}  // namespace openinfer
