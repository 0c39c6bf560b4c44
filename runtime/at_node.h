// An error of a run with the node that it came of.
#pragma once

#include <cstdint>

#include "ir/diagnostic.h"
#include "ir/program.h"

namespace openinfer {

// `node` is of Program::nodes; for any other number `d` stays as it is. Gives `d` the node's line, unless it has a
// place of its own, and notes the node's number, its block and the calls that lead to it.
[[nodiscard]] Diagnostic at_node(Diagnostic d, const Program& program, uint32_t node);

}  // namespace openinfer
