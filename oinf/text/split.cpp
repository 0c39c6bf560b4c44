#include "oinf/text/split.h"

#include <string>

namespace openinfer {
namespace {

struct Part {
  TextRange range;
  bool match;
};

std::vector<Part> parts_of(size_t size, const std::vector<TextRange>& matches, bool invert) {
  std::vector<Part> parts;
  parts.reserve(matches.size() * 2 + 1);
  size_t done = 0;
  for (const TextRange& match : matches) {
    if (match.begin > done) parts.push_back({{done, match.begin}, invert});
    if (match.end > match.begin) parts.push_back({match, !invert});
    done = match.end;
  }
  if (done < size) parts.push_back({{done, size}, invert});
  return parts;
}

bool joins(SplitBehavior behavior, const Part& before, const Part& part) {
  switch (behavior) {
    case SplitBehavior::removed:
    case SplitBehavior::isolated:
      return false;
    case SplitBehavior::merged_with_previous:
      return part.match && !before.match;
    case SplitBehavior::merged_with_next:
      return !part.match && before.match;
    case SplitBehavior::contiguous:
      return part.match == before.match;
  }
  return false;
}

}  // namespace

Result<SplitBehavior> split_behavior_named(std::string_view name) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  return Diagnostic(Code::P0025, "unknown split behavior `" + std::string(name) + "`");
}

void split_text(std::string_view text, const std::vector<TextRange>& matches, bool invert, SplitBehavior behavior,
                std::vector<std::string_view>& pieces) {
  const Part* before = nullptr;
  const std::vector<Part> parts = parts_of(text.size(), matches, invert);
  for (const Part& part : parts) {
    if (behavior == SplitBehavior::removed && part.match) continue;
    const std::string_view piece = text.substr(part.range.begin, part.range.end - part.range.begin);
    if (before && joins(behavior, *before, part)) {
      std::string_view& last = pieces.back();
      last = {last.data(), last.size() + piece.size()};
    } else {
      pieces.push_back(piece);
    }
    before = &part;
  }
}

}  // namespace openinfer
