// The sizes of a tensor at hand as adapters take those of a declaration, where some may not be known yet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/shape.h"

namespace openinfer {

[[nodiscard]] inline std::vector<std::optional<int64_t>> known_axes(const Shape& shape) {
  std::vector<std::optional<int64_t>> axes;
  for (int axis = 0; axis < shape.rank(); ++axis) axes.emplace_back(shape[axis]);
  return axes;
}

}  // namespace openinfer
