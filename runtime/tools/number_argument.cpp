#include "runtime/tools/number_argument.h"

#include <charconv>
#include <string>

namespace openinfer {
namespace {

Diagnostic refused(std::string_view option, std::string_view takes, std::string_view text) {
  const std::string given = text.empty() ? "nothing" : "`" + std::string(text) + "`";
  return {Code::U0001, std::string(option) + " takes " + std::string(takes) + ", not " + given};
}

}  // namespace

Result<uint64_t> whole_number_argument(std::string_view option, std::string_view text, uint64_t least, uint64_t most) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size() && n >= least && n <= most) return n;
  return refused(option, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
}

Result<uint64_t> bytes_argument(std::string_view option, std::string_view text) {
  const Diagnostic wrong = refused(option, "bytes above 0, such as 500000000, 20M or 2G (binary)", text);
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || n == 0) return wrong;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::string_view kUnits = "kmgt";
  uint64_t factor = 1;
  if (!unit.empty()) {
    const size_t power = kUnits.find(static_cast<char>(unit[0] | 0x20));
    if (power != std::string_view::npos) {
      factor = uint64_t{1} << (10 * (power + 1));
      unit.remove_prefix(1);
      if (unit.starts_with('i')) unit.remove_prefix(1);
    }
    if (unit == "b" || unit == "B") unit.remove_prefix(1);
  }
  uint64_t bytes = 0;
  if (!unit.empty() || __builtin_mul_overflow(n, factor, &bytes)) return wrong;
  return bytes;
}

}  // namespace openinfer
