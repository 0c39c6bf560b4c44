// Strings of the graph language: JSON's, on one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace openinfer::dsl {

struct StringLiteral {
  struct Fault {
    std::string message;
    size_t begin = 0;  // bytes from the opening quote
    size_t end = 0;
  };
  std::string text;         // decoded, UTF-8
  size_t length = 0;        // bytes with both quotes
  bool terminated = false;  // false: length reaches to the end of the line
  std::vector<Fault> faults;
};

// The string at the beginning of text, which is UTF-8 and begins with a quote.
[[nodiscard]] StringLiteral scan_string(std::string_view text);

// text, which is UTF-8, as a literal with its quotes.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace openinfer::dsl
