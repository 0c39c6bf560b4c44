// Reads a trace event by event, so that it may be of any length, also one whose end is missing.
#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/result.h"

namespace openinfer {

struct TraceRun {
  std::string graph, graph_hash, package, package_hash, device, isa, level, version;
  int64_t threads = 0, numerics_id = 0;
};

struct TracedValue {
  std::string name;
  std::optional<double> min, max, mean;
  int64_t nan = 0, inf = 0;
  std::string digest;  // empty: of a level without digests
  std::string file;    // relative to the trace's folder; empty: none
};

// docs/traces.md, "Events". Fields that its phase does not have are empty.
struct TraceEvent {
  char phase = ' ';
  std::string category, name;
  uint64_t begin = 0, duration = 0;  // nanoseconds
  // Nodes. Of an iteration's beginning, `block` is the loop's label
  std::string block, uuid, op, loc, kernel;
  std::vector<std::string> calls, in, out;
  std::vector<std::pair<std::string, int64_t>> loop;  // outermost first
  int64_t node = 0;
  uint64_t bytes = 0, flops = 0;
  std::vector<TracedValue> values;
  // Counters
  uint64_t arena = 0, caches = 0;
  std::string what;  // of an edit

  [[nodiscard]] bool is_node() const { return phase == 'X' && category != "kernel"; }
};

class TraceReader {
 public:
  // "-" is standard input. Errors: P0001, P0021, P0022.
  static Result<TraceReader> open(const std::string& path);

  [[nodiscard]] const TraceRun& run() const { return run_; }
  // Nothing at the end. Errors: P0021, P0022 for what is no event.
  Result<std::optional<TraceEvent>> next();
  // After the end: the file stopped before its list did, as that of a run which is still under way.
  [[nodiscard]] bool cut_off() const { return cut_off_; }

 private:
  TraceReader() = default;
  bool fill();
  Result<std::string> object();  // the next one's text; empty at the end
  [[nodiscard]] Diagnostic failed(Code code, const std::string& what) const;

  std::string path_;
  std::shared_ptr<std::istream> in_;
  TraceRun run_;
  std::string buffer_;
  size_t at_ = 0;        // in the buffer
  uint64_t before_ = 0;  // bytes of the file that stand before the buffer
  bool ended_ = false, cut_off_ = false;
};

// "i=1, k=0"; empty outside of loops.
[[nodiscard]] std::string loop_text(const TraceEvent& event);

}  // namespace openinfer
