#include "runtime/tools/trace_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace openinfer {
namespace {

using json = nlohmann::ordered_json;

void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }
std::string text_of(const json& j) { return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string title(const TraceRun& r) {
  std::string s = r.graph + (r.package.empty() ? "" : " with " + r.package);
  return s + fmt::format(", {} ({}), {} thread{}, openinfer {}, level {}", r.device, r.isa, r.threads,
                         r.threads == 1 ? "" : "s", r.version, r.level);
}

void table(const char* heading, const std::vector<TimeShare>& list, const TraceSummary& s, size_t rows) {
  put(fmt::format("\n{:<34} {:>9} {:>11} {:>7} {:>9} {:>9} {:>9}\n", heading, "times", "ms", "share", "GB/s", "GFLOP/s",
                  "roofline"));
  uint64_t rest = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const TimeShare& t = list[i];
    if (i >= rows) {
      rest += t.nanoseconds;
      continue;
    }
    const double ns = std::max<double>(1, static_cast<double>(t.nanoseconds));
    put(fmt::format("{:<34} {:>9} {:>11.3f} {:>6.1f}% {:>9.2f} {:>9.2f} {:>8.0f}%\n", t.key.empty() ? "-" : t.key,
                    t.count, ns / 1e6, percent(t.nanoseconds, s.node_nanoseconds), static_cast<double>(t.bytes) / ns,
                    static_cast<double>(t.flops) / ns, 100 * s.roofline_share(t)));
  }
  if (list.size() > rows)
    put(fmt::format("{:<34} {:>9} {:>11.3f} {:>6.1f}%\n", fmt::format("{} more", list.size() - rows), "",
                    static_cast<double>(rest) / 1e6, percent(rest, s.node_nanoseconds)));
}

json shares(const std::vector<TimeShare>& list, const TraceSummary& s) {
  json all = json::array();
  for (const TimeShare& t : list)
    all.push_back({{"name", t.key},
                   {"count", t.count},
                   {"ns", t.nanoseconds},
                   {"bytes", t.bytes},
                   {"flops", t.flops},
                   {"roofline_share", s.roofline_share(t)}});
  return all;
}

std::string place(const TraceDiff::Node& n) {
  const TraceEvent& e = n.event;
  std::string s = fmt::format("{}: node {} ({}) of `{}`", e.loc.empty() ? "?" : e.loc, e.node, e.op, e.block);
  const std::string loop = loop_text(e);
  if (!loop.empty()) s += ", " + loop;
  s += fmt::format(", step {}", n.step);
  for (const std::string& call : e.calls) s += ", called at " + call;
  return s;
}

std::string number(std::optional<double> n) { return n ? fmt::format("{:.9g}", *n) : "none"; }

std::string value_text(const TracedValue& v) {
  std::string s = fmt::format("{}, min {}, max {}, mean {}", v.digest, number(v.min), number(v.max), number(v.mean));
  if (v.nan) s += fmt::format(", {} nan", v.nan);
  if (v.inf) s += fmt::format(", {} inf", v.inf);
  return s;
}

json node_json(const TraceDiff::Node& n) {
  const TraceEvent& e = n.event;
  json j = {{"loc", e.loc}, {"block", e.block}, {"node", e.node}, {"op", e.op}, {"uuid", e.uuid}, {"step", n.step}};
  for (const auto& [name, index] : e.loop) j["loop"][name] = index;
  j["calls"] = e.calls;
  for (const TracedValue& v : e.values) j["values"].push_back({{"name", v.name}, {"digest", v.digest}});
  return j;
}

}  // namespace

void print_summary(const TraceSummary& s, size_t rows, bool as_json) {
  if (as_json) {
    put(text_of(
        {{"run", {{"graph", s.run.graph}, {"device", s.run.device}, {"isa", s.run.isa}, {"threads", s.run.threads}}},
         {"steps", s.steps},
         {"nodes", s.nodes},
         {"step_ns", s.step_nanoseconds},
         {"node_ns", s.node_nanoseconds},
         {"arena_bytes", s.arena_bytes},
         {"cache_bytes", s.cache_bytes},
         {"whole", !s.cut_off},
         {"roof",
          {{"gb_per_s", s.bytes_per_nanosecond},
           {"gflop_per_s", s.flops_per_nanosecond},
           {"measured", s.measured_roof}}},
         {"ops", shares(s.ops, s)},
         {"blocks", shares(s.blocks, s)},
         {"lines", shares(s.lines, s)}}));
    return;
  }
  put(title(s.run) + "\n");
  if (s.cut_off) put("the trace ends in the middle: the run was killed, or still runs\n");
  put(fmt::format("{} step{}, {} nodes; {:.3f} ms, of which nodes {:.3f} ms ({:.1f}%)\n", s.steps,
                  s.steps == 1 ? "" : "s", s.nodes, static_cast<double>(s.step_nanoseconds) / 1e6,
                  static_cast<double>(s.node_nanoseconds) / 1e6, percent(s.node_nanoseconds, s.step_nanoseconds)));
  put(fmt::format("memory at most: arena {} bytes in use, caches {} bytes\n", s.arena_bytes, s.cache_bytes));
  put(fmt::format("roofline: {:.2f} GB/s and {:.2f} GFLOP/s, {}\n", s.bytes_per_nanosecond, s.flops_per_nanosecond,
                  s.measured_roof ? "the best that a line of this trace reached" : "as given"));
  table("op", s.ops, s, rows);
  table("block", s.blocks, s, rows);
  table("line", s.lines, s, rows);
}

void print_diff(const TraceDiff& d, size_t rows, bool as_json) {
  const bool digests = d.compared > 0;
  if (as_json) {
    json j = {{"compared", d.compared}, {"different", d.different}, {"only_a", d.only[0]}, {"only_b", d.only[1]}};
    j["first"] = nullptr;
    if (d.first) j["first"] = {{"a", node_json(d.first->first)}, {"b", node_json(d.first->second)}};
    j["timings"] = json::array();
    for (const TimingDifference& t : d.timings)
      j["timings"].push_back({{"op", t.op},
                              {"loc", t.loc},
                              {"block", t.block},
                              {"count", t.a.count},
                              {"a_ns", t.a.quartile(2)},
                              {"b_ns", t.b.quartile(2)},
                              {"noise", !t.significant}});
    put(text_of(j));
    return;
  }
  put("a: " + title(d.runs[0]) + "\nb: " + title(d.runs[1]) + "\n");
  if (d.runs[0].graph_hash != d.runs[1].graph_hash) put("the graphs differ\n");
  if (d.runs[0].package_hash != d.runs[1].package_hash) put("the packages differ\n");
  if (d.runs[0].numerics_id != d.runs[1].numerics_id)
    put(fmt::format("the numerics differ: {} and {}\n", d.runs[0].numerics_id, d.runs[1].numerics_id));
  for (int i : {0, 1}) {
    const char* name = i == 0 ? "a" : "b";
    if (d.cut_off[i]) put(fmt::format("{} ends in the middle: its run was killed, or still runs\n", name));
    if (d.first_only[i])
      put(fmt::format("{} nodes ran in {} only, the first at {}\n", d.only[i], name, place(*d.first_only[i])));
  }
  if (!digests) {
    put("\nno digests to compare: run both with --trace-level digest\n");
  } else if (!d.first) {
    put(fmt::format("\nall {} nodes gave the same values\n", d.compared));
  } else {
    const auto& [a, b] = *d.first;
    put(fmt::format("\n{} of {} nodes gave other values, first\n  {}\n", d.different, d.compared, place(a)));
    for (size_t i = 0; i < std::max(a.event.values.size(), b.event.values.size()); ++i) {
      const std::string name = i < a.event.values.size() ? a.event.values[i].name : b.event.values[i].name;
      put(fmt::format("    {}\n", i < a.event.out.size() ? a.event.out[i] : name));
      if (i < a.event.values.size()) put("      a: " + value_text(a.event.values[i]) + "\n");
      if (i < b.event.values.size()) put("      b: " + value_text(b.event.values[i]) + "\n");
    }
    if (a.event.kernel != b.event.kernel) put("    kernels: " + a.event.kernel + " and " + b.event.kernel + "\n");
  }
  double all[2] = {};
  size_t real = 0;
  for (const TimingDifference& t : d.timings) {
    all[0] += t.a.quartile(2) * static_cast<double>(t.a.count);
    all[1] += t.b.quartile(2) * static_cast<double>(t.b.count);
    real += t.significant ? 1 : 0;
  }
  put(fmt::format(
      "\ntime in nodes, by their medians: a {:.3f} ms, b {:.3f} ms; of {} nodes {} differ beyond their spread\n",
      all[0] / 1e6, all[1] / 1e6, d.timings.size(), real));
  put(fmt::format("{:<34} {:<18} {:>8} {:>10} {:>10} {:>8}\n", "line", "op", "times", "a us", "b us", "b / a"));
  size_t shown = 0;
  for (const TimingDifference& t : d.timings) {
    if (shown++ == rows) break;
    put(fmt::format("{:<34} {:<18} {:>8} {:>10.3f} {:>10.3f} {:>8.3f}{}\n", t.loc, t.op, t.a.count,
                    t.a.quartile(2) / 1e3, t.b.quartile(2) / 1e3,
                    t.a.quartile(2) > 0 ? t.b.quartile(2) / t.a.quartile(2) : 0.0, t.significant ? "" : "  noise"));
  }
}

}  // namespace openinfer
