#include "runtime/trace/trace_summary.h"

#include <algorithm>

namespace openinfer {
namespace {

using Shares = std::map<std::string, TimeShare>;

void count(Shares& shares, const std::string& key, const TraceEvent& e) {
  TimeShare& s = shares[key];
  s.key = key;
  ++s.count;
  s.nanoseconds += e.duration;
  s.bytes += e.bytes;
  s.flops += e.flops;
}

std::vector<TimeShare> ordered(const Shares& shares) {
  std::vector<TimeShare> list;
  for (const auto& [key, share] : shares) list.push_back(share);
  std::sort(list.begin(), list.end(), [](const TimeShare& a, const TimeShare& b) {
    return a.nanoseconds != b.nanoseconds ? a.nanoseconds > b.nanoseconds : a.key < b.key;
  });
  return list;
}

}  // namespace

double TraceSummary::roofline_share(const TimeShare& part) const {
  if (part.nanoseconds == 0) return 0;
  double needed = 0;
  if (bytes_per_nanosecond > 0) needed = static_cast<double>(part.bytes) / bytes_per_nanosecond;
  if (flops_per_nanosecond > 0) needed = std::max(needed, static_cast<double>(part.flops) / flops_per_nanosecond);
  return std::min(1.0, needed / static_cast<double>(part.nanoseconds));
}

Result<TraceSummary> summarise(TraceReader& reader, double gbs, double gflops,
                               const std::function<void(const TraceEvent&)>& on_event) {
  TraceSummary s;
  s.run = reader.run();
  Shares ops, blocks, lines;
  std::vector<uint64_t> open;  // beginnings of steps, and of what is in them
  uint64_t last = 0;
  while (true) {
    OINF_ASSIGN(const auto event, reader.next());
    if (!event) break;
    const TraceEvent& e = *event;
    if (on_event) on_event(e);
    last = std::max(last, e.begin + e.duration);
    if (e.phase == 'C') {
      s.arena_bytes = std::max(s.arena_bytes, e.arena);
      s.cache_bytes = std::max(s.cache_bytes, e.caches);
    } else if (e.phase == 'B') {
      open.push_back(e.begin);
      if (e.category == "step") ++s.steps;
    } else if (e.phase == 'E' && !open.empty()) {
      if (open.size() == 1) s.step_nanoseconds += e.begin - std::min(e.begin, open[0]);
      open.pop_back();
    } else if (e.is_node()) {
      ++s.nodes;
      s.node_nanoseconds += e.duration;
      count(ops, e.op, e);
      count(blocks, e.block, e);
      count(lines, e.loc, e);
    }
  }
  if (!open.empty()) s.step_nanoseconds += last - std::min(last, open[0]);  // a step that was cut off
  s.cut_off = reader.cut_off();
  s.ops = ordered(ops);
  s.blocks = ordered(blocks);
  s.lines = ordered(lines);
  s.measured_roof = gbs <= 0 && gflops <= 0;
  s.bytes_per_nanosecond = gbs;
  s.flops_per_nanosecond = gflops;
  if (s.measured_roof)
    for (const TimeShare& line : s.lines) {
      if (line.nanoseconds == 0 || line.nanoseconds * 200 < s.node_nanoseconds) continue;
      const auto time = static_cast<double>(line.nanoseconds);
      s.bytes_per_nanosecond = std::max(s.bytes_per_nanosecond, static_cast<double>(line.bytes) / time);
      s.flops_per_nanosecond = std::max(s.flops_per_nanosecond, static_cast<double>(line.flops) / time);
    }
  return s;
}

}  // namespace openinfer
