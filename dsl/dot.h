// A picture of a graph for Graphviz: a cluster for each block, def, loop and fuse, a box for each node, and an arrow
// from the node that wrote a variable last, in the order of the text, to each that reads it.
#pragma once

#include <string>

#include "ir/graph.h"

namespace openinfer::dsl {

[[nodiscard]] std::string to_dot(const Graph& graph);

}  // namespace openinfer::dsl
