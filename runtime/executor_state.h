#pragma once

#include "runtime/executor.h"
#include "runtime/memory_use.h"

namespace openinfer {

struct Executor::Ready {
  Plan plan;
  std::vector<int64_t> signature;  // of the inputs that it was last used for
  BufferId literals{};
  std::vector<std::vector<int64_t>> lengths;  // per segment
  MemoryUse own_use;                          // of the plan alone, without scratch
  MemoryUse use;                              // of all that stands beside persistent memory
  uint64_t room = UINT64_MAX;                 // for what VarPlan::bounded marks
};

}  // namespace openinfer
