// The values that a node has just written, as an observer sees them in `after`.
#pragma once

#include <string>
#include <vector>

#include "runtime/observer.h"

namespace openinfer {

struct NodeValue {
  std::string name;  // of the variable
  HostTensor value;
};

// Of a command all outputs, of another instruction what it read: the value emitted, shown, tested, loaded. Nothing
// where there is no value of plain rows.
[[nodiscard]] Result<std::vector<NodeValue>> node_values(RunState& state, const RunPoint& point);

}  // namespace openinfer
