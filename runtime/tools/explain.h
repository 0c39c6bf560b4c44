#pragma once

#include "runtime/openinfer.h"

namespace openinfer {

// What a session is made of: sizes with their sources, inputs, bounds left to the run, views, kernels by node. Sizes
// that no input gives count 1 and are marked. Both return the tool's exit status: what such a step would be refused
// for (R0006, R0009) stands behind what they print.
int print_explain(Session& session, bool json);
// Exact bytes by kind.
int print_plan(Session& session, bool json);

}  // namespace openinfer
