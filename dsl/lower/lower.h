// From a Graph to an executable Program: names, sizes, types and shapes are resolved and checked, defs and blocks are
// expanded. Everything that can be known before a run is checked here (docs/language.md, "What is checked").
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/package_info.h"
#include "ir/program.h"
#include "ir/result.h"

namespace openinfer {

struct LowerOptions {
  // Not owned. Without one, package sizes and stored shapes stay symbols and package tensors are not checked.
  const PackageInfo* package = nullptr;
  std::map<std::string, int64_t> sizes;  // from the caller, by name
  std::string entry;                     // block to run; empty: `entry`
  // Whether @image or @audio suits a tensor of this type and shape; sizes that inputs give are nullopt. Adapters are
  // not this module's, so without one they are not checked.
  std::function<Status(const Adapter&, DType, const std::vector<std::optional<int64_t>>&, const DimTable&,
                       const PackageInfo*)>
      check_adapter{};
};

// Blocks that nothing calls or awaits, in the file's order.
[[nodiscard]] std::vector<std::string> entry_blocks(const Graph& graph);

// Nothing when the graph is refused; the reasons are then in `diagnostics`, all of them.
[[nodiscard]] std::optional<Program> lower(const Graph& graph, const LowerOptions& options, Diagnostics& diagnostics);

// Lowers every entry block, and every declaration that none of them reads, and drops the result.
void check(const Graph& graph, const LowerOptions& options, Diagnostics& diagnostics);

}  // namespace openinfer
