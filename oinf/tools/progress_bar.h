// How far a long command is, on a terminal: one line that is written over and is gone at the end. Elsewhere nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace openinfer {

class ProgressBar {
 public:
  explicit ProgressBar(std::string name);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Bytes done, of all. Shown at most ten times a second.
  void show(uint64_t done, uint64_t total);

 private:
  using Clock = std::chrono::steady_clock;
  std::string name_;
  bool terminal_;
  Clock::time_point begin_ = Clock::now(), shown_{};
};

// "llama  [#######-------------]  35%  1.1 GiB of 3.1 GiB  212.0 MiB/s  0:10 left", at most `columns` long: what does
// not fit is left out from the right. seconds: since the beginning.
[[nodiscard]] std::string progress_line(const std::string& name, uint64_t done, uint64_t total, double seconds,
                                        size_t columns);

}  // namespace openinfer
