// Any text as a graph: errors, or a graph whose canonical text is a fixed point, which lowers or is refused.
#include <cstdlib>

#include "dsl/format.h"
#include "dsl/lower/lower.h"
#include "dsl/parser.h"
#include "ir/diagnostic.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parse = [](SourceMap& sources, std::string text, Diagnostics& errors) {
    const FileId id = sources.add("input.graph", std::move(text));
    return dsl::Parser(id, sources, errors).parse_file();
  };
  SourceMap sources;
  Diagnostics errors;
  File file = parse(sources, std::string(reinterpret_cast<const char*>(data), size), errors);
  if (!errors.empty()) {
    if (render(errors, sources).empty()) std::abort();
    return 0;
  }
  const std::string canonical = dsl::format(file);
  const File again = parse(sources, canonical, errors);
  if (!errors.empty() || dsl::format(again) != canonical) std::abort();
  Graph graph;
  graph.files.push_back({"input.graph", 0, std::move(file)});
  check(graph, {}, errors);
  if (!errors.empty() && render(errors, sources).empty()) std::abort();
  return 0;
}
