// When the tokens of one step came: the figures that --bench and a chat's /stats show.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <vector>

namespace openinfer {

class TokenTimes {
 public:
  void begin() {
    emitted_.clear();
    emitted_.reserve(65536);
    begin_ = end_ = Clock::now();
  }
  void token() { emitted_.push_back(Clock::now()); }
  void end() { end_ = Clock::now(); }

  [[nodiscard]] size_t tokens() const { return emitted_.size(); }
  // Seconds.
  [[nodiscard]] double total() const { return seconds(begin_, end_); }
  [[nodiscard]] double first() const { return emitted_.empty() ? 0 : seconds(begin_, emitted_.front()); }
  struct Between {
    double average, least, most;
  };
  // From one token to the next; nothing below two.
  [[nodiscard]] std::optional<Between> between() const {
    if (emitted_.size() < 2) return std::nullopt;
    Between b{seconds(emitted_.front(), emitted_.back()) / static_cast<double>(emitted_.size() - 1),
              std::numeric_limits<double>::infinity(), 0};
    for (size_t i = 1; i < emitted_.size(); ++i) {
      const double t = seconds(emitted_[i - 1], emitted_[i]);
      b.least = std::min(b.least, t);
      b.most = std::max(b.most, t);
    }
    return b;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }
  Clock::time_point begin_, end_;
  std::vector<Clock::time_point> emitted_;
};

}  // namespace openinfer
