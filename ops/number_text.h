// Numbers in messages of kernels.
#pragma once

#include <charconv>
#include <string>

namespace openinfer {

// The shortest text that reads back as the number.
inline std::string number_text(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

}  // namespace openinfer
