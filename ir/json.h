// The JSON form of a graph, "openinfer.graph/1": the same graph as its text, comments and spellings of numbers
// included, without places. docs/language.md, "JSON", describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/diagnostic.h"
#include "ir/graph.h"

namespace openinfer {

// The graph must be one that text can spell: parsed without errors, or from_json's. Two blanks a level, a line end
// last.
[[nodiscard]] std::string to_json(const Graph& graph);

// Nothing when there are errors. Each is an E0012 (or what the text form would give) whose message begins with a JSON
// pointer to the place. Spans are none, sources kNoFile.
[[nodiscard]] std::optional<Graph> from_json(std::string_view text, Diagnostics& diagnostics);

}  // namespace openinfer
