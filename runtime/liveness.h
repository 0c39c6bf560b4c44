// From which step to which a variable's memory is needed, in a numbering of the program's steps.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ir/program.h"

namespace openinfer {

struct Interval {
  uint32_t first = UINT32_MAX;
  uint32_t last = 0;
  [[nodiscard]] bool used() const { return first != UINT32_MAX; }
  void cover(uint32_t a, uint32_t b) {
    if (a < first) first = a;
    if (b > last) last = b;
  }
};

struct Write {
  uint32_t step = 0;
  uint32_t var = 0;
};

// An op whose schema lets it write this input: when the input dies here and the output begins here, they may share.
struct Reuse {
  uint32_t step = 0;
  uint32_t from = 0, to = 0;
};

struct Liveness {
  std::vector<Interval> vars;  // by VarId
  std::vector<Write> writes;   // in rising step
  std::vector<Reuse> reuses;   // in rising step
  uint32_t steps = 0;
};

// A variable that lives on over iterations of a loop it was declared outside of is alive in the whole loop; one that a
// view shows is alive as long as the view.
[[nodiscard]] Liveness liveness(const Program& program);

}  // namespace openinfer
