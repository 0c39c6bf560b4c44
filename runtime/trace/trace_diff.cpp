#include "runtime/trace/trace_diff.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <tuple>

namespace openinfer {
namespace {

constexpr size_t kAhead = 4096;  // nodes that are looked at to find where the traces meet again

struct Upcoming {
  TraceReader& reader;
  std::deque<TraceDiff::Node> nodes;
  uint64_t step = 0;
  bool begun = false, ended = false;

  // At least n nodes ahead, where there are so many.
  Status look(size_t n) {
    while (nodes.size() < n && !ended) {
      OINF_ASSIGN(auto event, reader.next());
      if (!event) {
        ended = true;
      } else if (event->phase == 'B' && event->category == "step") {
        step += begun ? 1 : 0;
        begun = true;
      } else if (event->is_node()) {
        nodes.push_back({std::move(*event), step});
      }
    }
    return {};
  }
};

bool same_node(const TraceDiff::Node& a, const TraceDiff::Node& b) {
  return a.event.uuid == b.event.uuid && a.event.loop == b.event.loop && a.step == b.step &&
         (a.event.category == b.event.category);
}

bool has_digest(const TraceEvent& e) { return !e.values.empty() && !e.values[0].digest.empty(); }

bool same_values(const TraceEvent& a, const TraceEvent& b) {
  if (a.values.size() != b.values.size()) return false;
  for (size_t i = 0; i < a.values.size(); ++i)
    if (a.values[i].digest != b.values[i].digest) return false;
  return true;
}

class Comparison {
 public:
  Comparison(TraceReader& a, TraceReader& b) : sides_{{a, {}, 0, false, false}, {b, {}, 0, false, false}} {}

  Result<TraceDiff> run() {
    for (int i : {0, 1}) diff_.runs[i] = sides_[i].reader.run();
    while (true) {
      OINF_TRY(sides_[0].look(1));
      OINF_TRY(sides_[1].look(1));
      if (sides_[0].nodes.empty() || sides_[1].nodes.empty()) break;
      if (same_node(sides_[0].nodes.front(), sides_[1].nodes.front()))
        pair();
      else
        OINF_TRY(meet());
    }
    for (int i : {0, 1}) {
      while (!sides_[i].nodes.empty()) {
        alone(i);
        OINF_TRY(sides_[i].look(1));
      }
      diff_.cut_off[i] = sides_[i].reader.cut_off();
    }
    timings();
    return std::move(diff_);
  }

 private:
  void pair() {
    const TraceDiff::Node &a = sides_[0].nodes.front(), &b = sides_[1].nodes.front();
    if (has_digest(a.event) && has_digest(b.event)) {
      ++diff_.compared;
      if (!same_values(a.event, b.event)) {
        ++diff_.different;
        if (!diff_.first) diff_.first = {a, b};
      }
    }
    for (int i : {0, 1}) {
      const TraceEvent& e = sides_[i].nodes.front().event;
      TimingDifference& t = by_node_[e.uuid];
      t.op = e.op;
      t.loc = e.loc;
      t.block = e.block;
      (i == 0 ? t.a : t.b).add(e.duration);
      sides_[i].nodes.pop_front();
    }
  }

  // Leaves out what one trace has not got: as few nodes as possible.
  Status meet() {
    for (size_t n = 1; n < kAhead; ++n) {
      OINF_TRY(sides_[0].look(n + 1));
      OINF_TRY(sides_[1].look(n + 1));
      for (int i : {0, 1}) {
        const auto &one = sides_[i].nodes, &other = sides_[1 - i].nodes;
        if (one.size() <= n || !same_node(one[n], other.front())) continue;
        for (size_t k = 0; k < n; ++k) alone(i);
        return {};
      }
    }
    alone(0);
    alone(1);
    return {};
  }

  void alone(int side) {
    if (!diff_.first_only[side]) diff_.first_only[side] = sides_[side].nodes.front();
    ++diff_.only[side];
    sides_[side].nodes.pop_front();
  }

  void timings() {
    for (auto& [uuid, t] : by_node_) {
      std::sort(t.a.kept.begin(), t.a.kept.end());
      std::sort(t.b.kept.begin(), t.b.kept.end());
      const bool a_slower = t.a.quartile(2) > t.b.quartile(2);
      const Timings &slow = a_slower ? t.a : t.b, &fast = a_slower ? t.b : t.a;
      t.significant = t.a.count >= 5 && t.b.count >= 5 && slow.quartile(1) > fast.quartile(3) &&
                      slow.quartile(2) > 1.05 * fast.quartile(2);
      diff_.timings.push_back(t);
    }
    const auto whole = [](const TimingDifference& t) {
      return std::abs(t.b.quartile(2) - t.a.quartile(2)) * static_cast<double>(t.a.count);
    };
    std::sort(diff_.timings.begin(), diff_.timings.end(), [&](const TimingDifference& x, const TimingDifference& y) {
      return std::tuple(-whole(x), x.loc, x.op) < std::tuple(-whole(y), y.loc, y.op);
    });
  }

  Upcoming sides_[2];
  std::map<std::string, TimingDifference> by_node_;
  TraceDiff diff_;
};

}  // namespace

void Timings::add(uint64_t nanoseconds) {
  ++count;
  if (kept.size() < kKept) kept.push_back(nanoseconds);
}

double Timings::quartile(int which) const {
  if (kept.empty()) return 0;
  const double at = static_cast<double>(kept.size() - 1) * which / 4;
  const auto below = static_cast<size_t>(at);
  const auto low = static_cast<double>(kept[below]);
  const auto high = static_cast<double>(kept[std::min(below + 1, kept.size() - 1)]);
  return low + (high - low) * (at - static_cast<double>(below));
}

Result<TraceDiff> diff_traces(TraceReader& a, TraceReader& b) { return Comparison(a, b).run(); }

}  // namespace openinfer
