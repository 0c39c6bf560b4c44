// What a plan takes of a memory budget, and what takes the most.
#pragma once

#include <vector>

#include "ir/diagnostic.h"
#include "runtime/memory_budget.h"
#include "runtime/persistent.h"
#include "runtime/plan.h"

namespace openinfer {

// Held are variables whose size the inputs give, since a step fills them, literals and the largest emission of such a
// size; reserved is also what a run-time size only bounds. `scratch`: the kernels'.
[[nodiscard]] MemoryUse plan_use(const Plan& plan, uint64_t scratch);

// "of it: weights 17, arena 4": every kind that takes something.
[[nodiscard]] Note by_kind(const MemoryNeed& need);

// The three largest variables, each with its bytes and the line where it is declared. held: by what counts against the
// machine's memory, not by what is reserved.
[[nodiscard]] std::vector<Note> largest_variables(const Program& program, const Plan& plan,
                                                  const PersistentStore& persistent, bool held);

}  // namespace openinfer
