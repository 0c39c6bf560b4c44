// Cutting a text at matches, with the five behaviours that tokenizer.json names.
#pragma once

#include <string_view>
#include <vector>

#include "ir/result.h"
#include "oinf/text/regex.h"

namespace openinfer {

enum class SplitBehavior : uint8_t { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// Errors: P0025.
[[nodiscard]] Result<SplitBehavior> split_behavior_named(std::string_view name);

// Appends the pieces of text. matches: ascending, not overlapping. invert: what lies between the matches is the match.
// No piece is empty.
void split_text(std::string_view text, const std::vector<TextRange>& matches, bool invert, SplitBehavior behavior,
                std::vector<std::string_view>& pieces);

}  // namespace openinfer
