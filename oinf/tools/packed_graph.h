// The graph that goes into a package with a model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "oinf/package_description.h"

namespace openinfer {

// The example for a model's architecture, or nothing when there is none. Searched in $OPENINFER_EXAMPLES, then in the
// installed examples, then in the source tree.
[[nodiscard]] std::optional<std::string> default_graph(const PackageDescription& model);

struct PackedGraph {
  Graph graph;
  std::vector<GraphSource> sources;  // the main file first; paths from its folder, or one above when it includes `../`
};

// Reads a graph file with all that it includes. Errors of its text are rendered into `errors`, with the exit status;
// with a package those of its meaning, too, but for sizes that nothing gives: the caller may, when it is run.
struct GraphErrors {
  std::string text;
  int status = 0;
};
[[nodiscard]] std::optional<PackedGraph> load_packed_graph(const std::string& path, GraphErrors& errors,
                                                           const PackageInfo* package = nullptr);

}  // namespace openinfer
