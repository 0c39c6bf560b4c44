// Breaks long lines of code at the places that their writer has marked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace openinfer::dsl {

// A blank at which a line may be broken: in front of >>, preferred, or between the entries of a list. No code holds
// these characters: strings have them as escapes.
inline constexpr char kBreakAtArrow = '\x01';
inline constexpr char kBreakInList = '\x02';

inline constexpr size_t kLineColumns = 120;

// The code without marks, its first line indented by `indent` blanks, further ones by `hang`.
[[nodiscard]] std::string wrap(std::string_view code, size_t indent, size_t hang);

// Characters of a line.
[[nodiscard]] size_t columns(std::string_view line);

}  // namespace openinfer::dsl
