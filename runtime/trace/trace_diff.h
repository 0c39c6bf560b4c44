// Two traces beside each other: the first node that gave something else, and what took longer. Nodes are the same when
// text, place among the calls and loop indices are, so the traces may come from other builds, instruction sets and
// devices; kernels and times are not compared for that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/trace/trace_reader.h"

namespace openinfer {

// A node's executions in one trace. Quartiles, since single executions are disturbed by whatever else a machine does.
struct Timings {
  static constexpr size_t kKept = 4096;  // of the first so many executions
  uint64_t count = 0;
  std::vector<uint64_t> kept;  // nanoseconds; in rising order when all have come
  void add(uint64_t nanoseconds);
  [[nodiscard]] double quartile(int which) const;  // 1, 2 (the median), 3
};

struct TimingDifference {
  std::string op, loc, block;
  Timings a, b;
  // Beyond what the spread of the executions explains: the middle halves of both do not overlap, the medians differ by
  // more than a twentieth, and both ran at least five times.
  bool significant = false;
};

struct TraceDiff {
  TraceRun runs[2];
  uint64_t compared = 0;   // nodes with digests in both
  uint64_t different = 0;  // of them
  uint64_t only[2] = {};   // nodes that the other trace has not got
  struct Node {
    TraceEvent event;
    uint64_t step = 0;
  };
  std::optional<std::pair<Node, Node>> first;  // that differs
  std::optional<Node> first_only[2];
  std::vector<TimingDifference> timings;  // largest difference in whole time first
  bool cut_off[2] = {};
};

[[nodiscard]] Result<TraceDiff> diff_traces(TraceReader& a, TraceReader& b);

}  // namespace openinfer
