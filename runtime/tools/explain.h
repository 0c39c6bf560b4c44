#pragma once

#include "runtime/openinfer.h"

namespace openinfer {

// Sizes with their sources, inputs, bounds left to the run, views, kernels by node.
int print_explain(Session& session);
// Exact bytes by kind.
int print_plan(const Session& session, const MemoryNeed& need, bool json);

}  // namespace openinfer
