// Texts that end a generation when they appear. They and what follows are not shown, so the beginning of one waits
// until it is clear whether it goes on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openinfer {

class StopStrings {
 public:
  // stops: not empty texts.
  explicit StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // What can be shown after `text` was made; nothing once stopped().
  [[nodiscard]] std::string push(std::string_view text);
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Nothing follows: what waited. A new text begins.
  [[nodiscard]] std::string finish();

 private:
  std::vector<std::string> stops_;
  std::string waiting_;
  bool stopped_ = false;
};

}  // namespace openinfer
