#pragma once

#include "runtime/openinfer.h"
#include "runtime/tools/run_options.h"

namespace openinfer {

// Measures steps of a session and prints the figures of docs/benchmarks.md as a table or one JSON object.
int run_bench(Session& session, const RunOptions& options);

}  // namespace openinfer
