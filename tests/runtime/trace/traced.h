// A run of a graph that stands in the test, and its trace.
#pragma once

#include <string>

#include "runtime/trace/tracer.h"

namespace openinfer::test {

// watched.graph: has what a trace shows: a def that is called twice, nested loops, a branch, a break, a consumer,
// persistent memory, an input of any length. Inputs: `x` (f32[N, 2]), `limit` (default 100).
const std::string& watched();

// A path in a folder that goes away with the process.
std::string scratch_file(const std::string& name);
std::string file_text(const std::string& path);

struct Traced {
  std::string text;     // of the trace
  std::string emitted;  // as emitted() of graph_session.h gives it, of all steps
};
// Steps with these values of x.
Traced traced(const std::string& graph, const std::vector<std::string>& x, TraceLevel level);

}  // namespace openinfer::test
