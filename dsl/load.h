// A graph with all that it includes.
#pragma once

#include <string>

#include "dsl/text_source.h"
#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/source.h"

namespace openinfer::dsl {

// The main file may also be a graph's JSON form (it begins with a brace, as no text does), which holds all of its
// files. Reads and parses the file and, relative to the file that names them, what it includes: each once, in the order
// of a walk that follows an include where it stands. Texts go to `sources`. What cannot be read, includes that lead
// back to a file that is still open, and errors of the texts go to `diagnostics`; what is left of them is in the graph.
[[nodiscard]] Graph load(const std::string& path, const TextSource& texts, SourceMap& sources,
                         Diagnostics& diagnostics);

}  // namespace openinfer::dsl
