// A declaration may split the axes of a stored tensor: [H, Dh, D] for [H * Dh, D].
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace openinfer {

struct ShapeSplit {
  int ways = 0;               // in which the declared axes can be the stored ones: none, 1, or 2 for more than one
  std::vector<int64_t> axes;  // the declared axes, when there is one way
  bool splits_last = false;   // the last stored axis is split
};

// Cuts the declared axes, of which some are not known, into one group for each stored axis, so that each group's
// product is the stored size. There are as many axes as stored ones or more, at most 8. Ways that give the same sizes
// are one; a group with two open sizes could be anything.
[[nodiscard]] ShapeSplit split_shape(const std::vector<int64_t>& stored,
                                     const std::vector<std::optional<int64_t>>& declared);

}  // namespace openinfer
