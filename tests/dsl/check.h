// Everything that can refuse a graph without a package, in one place: what the golden cases of errors run through.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/source.h"

namespace openinfer::testing {

// Behind the syntax: what else a graph must pass. It runs only when everything before it found nothing.
using Stage = std::function<void(const Graph&, SourceMap&, Diagnostics&)>;
[[nodiscard]] const std::vector<Stage>& stages();

// The errors of `folder`/`file`; places name the file relative to the folder.
[[nodiscard]] Diagnostics check(const std::string& folder, const std::string& file, SourceMap& sources);

}  // namespace openinfer::testing
