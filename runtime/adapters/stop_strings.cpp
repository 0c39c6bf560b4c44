#include "runtime/adapters/stop_strings.h"

#include <algorithm>
#include <utility>

namespace openinfer {

std::string StopStrings::push(std::string_view text) {
  if (stopped_) return {};
  waiting_ += text;
  size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, waiting_.find(stop));
  stopped_ = end != std::string::npos;
  if (!stopped_) {
    // The longest end of the text that may be the beginning of a stop.
    size_t kept = 0;
    for (const std::string& stop : stops_)
      for (size_t n = std::min(stop.size() - 1, waiting_.size()); n > kept; --n)
        if (std::string_view(waiting_).ends_with(std::string_view(stop).substr(0, n))) kept = n;
    end = waiting_.size() - kept;
  }
  std::string shown = waiting_.substr(0, end);
  waiting_.erase(0, end);
  return shown;
}

std::string StopStrings::finish() {
  std::string rest = stopped_ ? std::string() : std::move(waiting_);
  waiting_.clear();
  stopped_ = false;
  return rest;
}

}  // namespace openinfer
