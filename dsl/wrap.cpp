#include "dsl/wrap.h"

#include <algorithm>
#include <vector>

namespace openinfer::dsl {
namespace {

std::string plain(std::string_view code) {
  std::string text(code);
  for (char& c : text)
    if (c == kBreakAtArrow || c == kBreakInList) c = ' ';
  return text;
}

std::vector<std::string_view> split(std::string_view code, std::string_view marks) {
  std::vector<std::string_view> pieces;
  for (size_t begin = 0; begin <= code.size();) {
    const size_t end = std::min(code.find_first_of(marks, begin), code.size());
    pieces.push_back(code.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}

}  // namespace

size_t columns(std::string_view line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string wrap(std::string_view code, size_t indent, size_t hang) {
  const std::string first(indent, ' '), further = "\n" + std::string(hang, ' ');
  if (indent + columns(code) <= kLineColumns) return first + plain(code);

  const auto halves = split(code, std::string{kBreakAtArrow});
  const bool fits = std::all_of(halves.begin(), halves.end(), [&](std::string_view half) {
    return (half.data() == code.data() ? indent : hang) + columns(half) <= kLineColumns;
  });
  if (fits) {
    std::string text = first;
    for (size_t i = 0; i < halves.size(); ++i) text += (i == 0 ? "" : further) + plain(halves[i]);
    return text;
  }

  std::string text = first;
  size_t column = indent;
  bool begun = false;
  for (std::string_view piece : split(code, std::string{kBreakAtArrow, kBreakInList})) {
    const size_t width = columns(piece);
    if (begun && column + 1 + width > kLineColumns) {
      text += further;
      column = hang;
    } else if (begun) {
      text += " ";
      ++column;
    }
    text += piece;
    column += width;
    begun = true;
  }
  return text;
}

}  // namespace openinfer::dsl
