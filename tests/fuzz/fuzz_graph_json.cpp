// Any text as a graph's JSON form: errors, or a graph whose JSON is a fixed point.
#include <cstdlib>

#include "dsl/lower/lower.h"
#include "ir/diagnostic.h"
#include "ir/json.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Diagnostics errors;
  const auto graph = from_json({reinterpret_cast<const char*>(data), size}, errors);
  if (graph.has_value() != errors.empty()) std::abort();
  if (!graph) return 0;
  const std::string canonical = to_json(*graph);
  const auto again = from_json(canonical, errors);
  if (!again || to_json(*again) != canonical) std::abort();
  check(*graph, {}, errors);
  return 0;
}
