#include "oinf/tools/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "oinf/tools/byte_count.h"

namespace openinfer {
namespace {

size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const std::string& name, uint64_t done, uint64_t total, double seconds, size_t columns) {
  const double share = total == 0 ? 1 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  constexpr int kCells = 20;
  const int filled = static_cast<int>(share * kCells);
  const double speed = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = name;
  const auto add = [&](const std::string& part) {
    if (line.size() + 2 + part.size() <= columns) line += "  " + part;
  };
  add(fmt::format("[{}{}]  {:3}%", std::string(static_cast<size_t>(filled), '#'),
                  std::string(static_cast<size_t>(kCells - filled), '-'), static_cast<int>(share * 100)));
  add(fmt::format("{} of {}", byte_count(done), byte_count(total)));
  // A guess within the first moments would be none.
  if (seconds < 1 || speed <= 0) return line;
  const auto left = static_cast<uint64_t>(std::ceil(static_cast<double>(total - std::min(done, total)) / speed));
  add(byte_count(static_cast<uint64_t>(speed)) + "/s");
  add(left < 3600 ? fmt::format("{}:{:02} left", left / 60, left % 60)
                  : fmt::format("{}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60));
  return line;
}

ProgressBar::ProgressBar(std::string name) : name_(std::move(name)), terminal_(::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (terminal_ && shown_ != Clock::time_point{}) std::cerr << "\r\033[K" << std::flush;
}

void ProgressBar::show(uint64_t done, uint64_t total) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::cerr << "\r" << progress_line(name_, done, total, seconds, terminal_columns() - 1) << "\033[K" << std::flush;
}

}  // namespace openinfer
