#pragma once

#include "runtime/executor.h"

namespace openinfer {

struct Executor::Ready {
  Plan plan;
  BufferId literals{};
  std::vector<std::vector<int64_t>> lengths;  // per segment
};

}  // namespace openinfer
