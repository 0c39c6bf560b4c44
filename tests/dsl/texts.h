// Graphs from texts, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/source.h"

namespace openinfer::testing {

struct Parsed {
  SourceMap sources;
  File file;
  Diagnostics diagnostics;

  // As a person sees them; empty when there are none.
  [[nodiscard]] std::string errors() const { return render(diagnostics, sources); }
  // "CODE message" of each, in the order in which they were found.
  [[nodiscard]] std::vector<std::string> messages() const;
};

[[nodiscard]] Parsed parse_text(std::string text);

// The canonical text; the text must be sound.
[[nodiscard]] std::string formatted(const std::string& text);

[[nodiscard]] std::string read_file(const std::string& path);

// Every .graph file of the project, golden cases of errors left out, by path, sorted.
[[nodiscard]] std::vector<std::string> graph_files();

}  // namespace openinfer::testing
