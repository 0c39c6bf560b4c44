// The expressions of ops.json as C++: identifiers (inputs and attributes), numbers, "words" (values of a choice),
// + - * / & | ^ ~ -, comparisons, c ? a : b, and calls of functions.
#pragma once

#include <map>
#include <string>

namespace openinfer::tools {

struct Names {
  std::map<std::string, int> choices;  // words of choice attributes, by their index
  std::map<std::string, bool> values;  // inputs and attributes; true: a choice, which is one number for all lanes
};

// C++ text over a value type V. On a fault the text is empty and `error` says where.
struct Translated {
  std::string text;
  std::string error;
};
[[nodiscard]] Translated translate(const std::string& expression, const Names& names);

}  // namespace openinfer::tools
