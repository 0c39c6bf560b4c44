// The numbers by which element types stand in packages. 1 to 25 are those of version 2.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/dtype.h"

namespace openinfer {

[[nodiscard]] uint8_t type_tag(DType dtype);
[[nodiscard]] std::optional<DType> dtype_of_tag(uint32_t tag);

}  // namespace openinfer
