// Where the time of a run went, from its trace.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/trace/trace_reader.h"

namespace openinfer {

struct TimeShare {
  std::string key;  // an op, a block, or a line
  uint64_t count = 0, nanoseconds = 0, bytes = 0, flops = 0;
};

struct TraceSummary {
  TraceRun run;
  uint64_t steps = 0, nodes = 0, step_nanoseconds = 0, node_nanoseconds = 0;
  uint64_t arena_bytes = 0, cache_bytes = 0;  // highest
  bool cut_off = false;
  std::vector<TimeShare> ops, blocks, lines;  // most time first
  // Bytes and operations a nanosecond: the machine's, where somebody said them; else the best that a source line
  // reached which took at least a two-hundredth of the time.
  double bytes_per_nanosecond = 0, flops_per_nanosecond = 0;
  bool measured_roof = true;

  // How much of the time the machine's bandwidth or arithmetic would have needed for it, at most 1; 0 where nothing is
  // known.
  [[nodiscard]] double roofline_share(const TimeShare& part) const;
};

// gbs, gflops: the machine's, 0: unknown. on_event sees every event as well.
[[nodiscard]] Result<TraceSummary> summarise(TraceReader& reader, double gbs, double gflops,
                                             const std::function<void(const TraceEvent&)>& on_event = {});

}  // namespace openinfer
