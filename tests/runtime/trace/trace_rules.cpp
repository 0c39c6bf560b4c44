#include "tests/runtime/trace/trace_rules.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

namespace openinfer::test {
namespace {

using nlohmann::json;

struct Slice {
  int64_t end = INT64_MAX;  // of a complete event
  bool complete = false;
};

// Both ways to make nanoseconds of the decimal microseconds.
int64_t rounded(double micros) { return static_cast<int64_t>(std::llround(micros * 1000)); }
int64_t truncated(double micros) {
  return static_cast<int64_t>(micros) * 1000 + static_cast<int64_t>((micros - std::floor(micros)) * 1000.0);
}

void slices(const json& events, const std::function<int64_t(double)>& time, bool whole,
            std::vector<std::string>& problems) {
  std::vector<const json*> order;
  for (const json& e : events)
    if (e["ph"] != "M") order.push_back(&e);
  // Stable: equal times stay in their order.
  std::vector<std::pair<int64_t, size_t>> by_time;
  for (size_t i = 0; i < order.size(); ++i) by_time.emplace_back(time((*order[i])["ts"].get<double>()), i);
  std::sort(by_time.begin(), by_time.end());
  std::map<std::pair<int, int>, std::vector<Slice>> tracks;
  std::map<int64_t, int> flows;
  for (const auto& [when, index] : by_time) {
    const json* e = order[index];
    const auto wrong = [&](const std::string& what) { problems.push_back(what + ": " + e->dump()); };
    const std::string phase = (*e)["ph"];
    const int64_t at = time((*e)["ts"].get<double>());
    auto& stack = tracks[{(*e)["pid"], (*e)["tid"]}];
    const auto over = [&] {
      while (!stack.empty() && stack.back().complete && stack.back().end <= at) stack.pop_back();
    };
    if (phase == "X") {
      over();
      const int64_t end = at + time((*e)["dur"].get<double>());
      if (!stack.empty() && stack.back().complete && end > stack.back().end)
        wrong("a slice that ends after its parent");
      stack.push_back({end, true});
    } else if (phase == "B") {
      over();
      if (!stack.empty() && stack.back().complete) wrong("a slice that begins in a node");
      stack.push_back({});
    } else if (phase == "E") {
      over();
      if (stack.empty())
        wrong("an end without a beginning");
      else if (stack.back().complete)
        wrong("an end while a node runs");
      else
        stack.pop_back();
    } else if (phase == "s" || phase == "f") {
      over();
      if (stack.empty()) wrong("an arrow that is bound to no slice");
      int& seen = flows[(*e)["id"].get<int64_t>()];
      if ((phase == "s") != (seen == 0)) wrong("an arrow that does not go from s to f");
      ++seen;
    } else if (phase == "C") {
      for (const auto& [name, value] : (*e)["args"].items())
        if (!value.is_number()) wrong("a counter that is no number");
    }
  }
  if (!whole) return;
  for (auto& [track, stack] : tracks) {
    while (!stack.empty() && stack.back().complete) stack.pop_back();
    if (!stack.empty()) problems.push_back(std::to_string(stack.size()) + " slices stay open");
  }
  for (const auto& [id, seen] : flows)
    if (seen != 2) problems.push_back("arrow " + std::to_string(id) + " has one end");
}

}  // namespace

std::vector<std::string> trace_problems(const std::string& text, bool whole) {
  std::vector<std::string> problems;
  // Perfetto reads strings of the fields that it looks for without \u escapes.
  if (text.find("\\u") != std::string::npos) problems.push_back("an escape \\u");
  const json trace = json::parse(text, nullptr, false);
  if (!trace.is_object() || !trace.contains("traceEvents") || !trace["traceEvents"].is_array())
    return {"no JSON object with a list traceEvents"};
  for (const json& e : trace["traceEvents"]) {
    const auto wrong = [&](const std::string& what) { problems.push_back(what + ": " + e.dump()); };
    if (!e.is_object() || !e.contains("ph") || !e["ph"].is_string()) {
      wrong("no event");
      continue;
    }
    const std::string phase = e["ph"];
    if (std::string("MXBEsfCi").find(phase) == std::string::npos || phase.size() != 1) wrong("unknown phase");
    for (const char* field : {"pid", "tid"})
      if (!e.contains(field) || !e[field].is_number_unsigned()) wrong(std::string("no ") + field);
    if (!e.contains("ts") || !e["ts"].is_number() || e["ts"] < 0.0) wrong("no time");
    if (phase == "X" && (!e.contains("dur") || !e["dur"].is_number() || e["dur"] < 0.0)) wrong("no duration");
    if (phase != "E" && (!e.contains("name") || !e["name"].is_string())) wrong("no name");
    if (e.contains("args") && !e["args"].is_object()) wrong("args are no object");
    if ((phase == "s" || phase == "f") && !e.contains("id")) wrong("an arrow without an id");
    if (phase == "f" && e.value("bp", "") != "e") wrong("an arrow that ends in the next slice");
    if (e.contains("args") && e["args"].contains("dur_ns")) {
      const auto t = e["args"]["t_ns"].get<int64_t>();
      if (rounded(e["ts"].get<double>()) != t) wrong("t_ns is not ts");
    }
  }
  if (!problems.empty()) return problems;
  slices(trace["traceEvents"], rounded, whole, problems);
  slices(trace["traceEvents"], truncated, whole, problems);
  return problems;
}

std::string without_times(const std::string& text) {
  static const std::regex times(R"re("(ts|dur|t_ns|dur_ns)":[0-9.]+)re");
  return std::regex_replace(text, times, "");
}

}  // namespace openinfer::test
