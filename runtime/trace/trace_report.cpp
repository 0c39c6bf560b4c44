#include "runtime/trace/trace_report.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "oinf/atomic_file.h"
#include "runtime/adapters/output_errors.h"
#include "runtime/trace/trace_summary.h"

namespace openinfer {
namespace {

using json = nlohmann::ordered_json;

// A place in the program, with everything that ran there.
struct Fold {
  std::string kind, name, loc;
  uint64_t count = 0, nanoseconds = 0;
  std::vector<uint32_t> children;  // in the order in which they ran first
  std::map<std::string, uint32_t> by_key;
};

class Collector {
 public:
  Collector() {
    folds_.push_back({"program", "", "", 0, 0, {}, {}});
    open_.push_back({0, 0, 0});
  }

  void add(const TraceEvent& e) {
    last_ = std::max(last_, e.begin + e.duration);
    if (e.phase == 'B') {
      const bool loop = e.category == "loop";
      const std::string name = e.category == "step" ? "step" : loop ? e.block : e.name;
      const uint32_t f = child(open_.back().fold, e.category + " " + name, e.category, name, "");
      ++folds_[f].count;
      open_.push_back({f, e.begin, slice(frame(e.category, e.name), e.begin, 0)});
    } else if (e.phase == 'E') {
      if (open_.size() > 1) close(e.begin);
    } else if (e.phase == 'C') {
      if (memory_.size() < kReportSlices) memory_.push_back({e.begin, e.arena, e.caches});
    } else if (e.phase == 'i') {
      edits_.push_back({e.begin, e.what});
    } else if (e.is_node()) {
      const uint32_t f = child(open_.back().fold, e.uuid, e.category, e.op, e.loc);
      ++folds_[f].count;
      folds_[f].nanoseconds += e.duration;
      slice(node(e), e.begin, e.duration);
      ++nodes_seen_;
    }
  }
  void finish() {
    while (open_.size() > 1) close(last_);
  }

  [[nodiscard]] json data() const {
    json j;
    j["nodes"] = json::array();
    for (const TraceEvent& n : nodes_)
      j["nodes"].push_back({n.op, n.block, n.loc, n.kernel, n.calls, n.in, n.out, n.bytes, n.flops, n.node});
    j["frames"] = frames_;
    json slices = json::array();
    uint64_t before = 0;
    for (const Slice& s : slices_) {
      slices.push_back(s.depth);
      slices.push_back(s.what);
      slices.push_back(s.begin - std::min(s.begin, before));
      slices.push_back(s.duration);
      before = s.begin;
    }
    j["slices"] = std::move(slices);
    j["left_out"] = left_out_;
    j["memory"] = json::array();
    for (const auto& m : memory_) j["memory"].push_back({m[0], m[1], m[2]});
    j["edits"] = json::array();
    for (const auto& [time, what] : edits_) j["edits"].push_back({time, what});
    j["fold"] = json::array();
    unfold(j["fold"], 0, 0);
    j["end"] = last_;
    return j;
  }

 private:
  struct Slice {
    uint32_t depth;
    int64_t what;  // a node, or minus one minus a frame
    uint64_t begin, duration;
  };
  struct Open {
    uint32_t fold;
    uint64_t begin;
    size_t slice;  // its index plus one; 0: left out
  };

  uint32_t child(uint32_t parent, const std::string& key, const std::string& kind, const std::string& name,
                 const std::string& loc) {
    const auto [at, fresh] = folds_[parent].by_key.try_emplace(key, static_cast<uint32_t>(folds_.size()));
    const uint32_t id = at->second;
    if (fresh) {
      folds_[parent].children.push_back(id);
      folds_.push_back({kind, name, loc, 0, 0, {}, {}});
    }
    return id;
  }
  void close(uint64_t end) {
    const Open o = open_.back();
    open_.pop_back();
    folds_[o.fold].nanoseconds += end - std::min(end, o.begin);
    if (o.slice) slices_[o.slice - 1].duration = end - std::min(end, o.begin);
  }
  int64_t node(const TraceEvent& e) {
    const auto [at, fresh] = node_of_.try_emplace(e.uuid + e.category + e.op, nodes_.size());
    if (fresh) nodes_.push_back(e);
    return static_cast<int64_t>(at->second);
  }
  int64_t frame(const std::string& category, const std::string& name) {
    const auto [at, fresh] = frame_of_.try_emplace(category + " " + name, frames_.size());
    if (fresh) frames_.push_back({category, name});
    return -1 - static_cast<int64_t>(at->second);
  }
  size_t slice(int64_t what, uint64_t begin, uint64_t duration) {
    if (slices_.size() >= kReportSlices) {
      ++left_out_;
      return 0;
    }
    slices_.push_back({static_cast<uint32_t>(open_.size() - 1), what, begin, duration});
    return slices_.size();
  }
  void unfold(json& list, uint32_t id, int depth) const {
    for (uint32_t c : folds_[id].children) {
      const Fold& f = folds_[c];
      list.push_back({depth, f.kind, f.name, f.loc, f.count, f.nanoseconds});
      unfold(list, c, depth + 1);
    }
  }

  std::vector<Fold> folds_;
  std::vector<Open> open_;
  std::vector<Slice> slices_;
  std::vector<TraceEvent> nodes_;
  std::map<std::string, size_t> node_of_, frame_of_;
  json frames_ = json::array();
  std::vector<std::array<uint64_t, 3>> memory_;
  std::vector<std::pair<uint64_t, std::string>> edits_;
  uint64_t last_ = 0, left_out_ = 0, nodes_seen_ = 0;
};

json shares(const std::vector<TimeShare>& list, const TraceSummary& s) {
  json all = json::array();
  for (const TimeShare& t : list) all.push_back({t.key, t.count, t.nanoseconds, t.bytes, t.flops, s.roofline_share(t)});
  return all;
}

// As a text inside of a <script>: nothing in it may end that.
std::string in_script(const json& j) {
  std::string s = j.dump(-1, ' ', false, json::error_handler_t::replace);
  for (size_t at = 0; (at = s.find('<', at)) != std::string::npos; at += 6) s.replace(at, 1, "\\u003c");
  return s;
}

}  // namespace

Status write_report(TraceReader& reader, const std::string& path) {
  Collector collector;
  OINF_ASSIGN(const TraceSummary s, summarise(reader, 0, 0, [&](const TraceEvent& e) { collector.add(e); }));
  collector.finish();
  json j = collector.data();
  j["run"] = {{"graph", s.run.graph},     {"package", s.run.package},      {"device", s.run.device},
              {"isa", s.run.isa},         {"threads", s.run.threads},      {"level", s.run.level},
              {"version", s.run.version}, {"graph_hash", s.run.graph_hash}};
  j["steps"] = s.steps;
  j["count"] = s.nodes;
  j["step_ns"] = s.step_nanoseconds;
  j["node_ns"] = s.node_nanoseconds;
  j["cut_off"] = s.cut_off;
  j["arena"] = s.arena_bytes;
  j["caches"] = s.cache_bytes;
  j["roof"] = {s.bytes_per_nanosecond, s.flops_per_nanosecond};
  j["ops"] = shares(s.ops, s);
  j["blocks"] = shares(s.blocks, s);
  j["lines"] = shares(s.lines, s);
  std::string page(report_page());
  const size_t hole = page.find("DATA");
  page.replace(hole, 4, in_script(j));
  if (path == "-") {
    if (std::fwrite(page.data(), 1, page.size(), stdout) != page.size())
      return Diagnostic(Code::R0007, "standard output cannot be written");
    return {};
  }
  return as_output_error(AtomicFile::write(path, std::as_bytes(std::span(page))));
}

}  // namespace openinfer
