#include "runtime/at_node.h"

namespace openinfer {

Diagnostic at_node(Diagnostic d, const Program& program, uint32_t node) {
  if (node < program.nodes.size()) {
    const NodeInfo& n = program.nodes[node];
    if (!d.span.valid()) d.span = n.span;
    // The line of the node stands above already, unless the error lies elsewhere.
    const bool shown = d.span.file == n.span.file && n.span.begin <= d.span.begin && d.span.end <= n.span.end;
    d.notes.push_back(
        {"node " + std::to_string(n.index) + " (" + n.word + ") of `" + n.block + "`", shown ? Span() : n.span});
    for (Span s : n.chain) d.notes.push_back({"called here", s});
  }
  return d;
}

}  // namespace openinfer
