// Which stored tensors a graph multiplies by: the weights that are worth laying out in panels.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace openinfer {

// Of `tensors`, those that linear and gather_linear read as weights, whole, and that no other op but embedding reads.
// Follows calls, so that a def's patterns have the names that its callers give. Empty when the calls expand to more
// than a million nodes.
[[nodiscard]] std::unordered_set<std::string> linear_weights(const Graph& graph,
                                                             const std::vector<std::string_view>& tensors);

}  // namespace openinfer
