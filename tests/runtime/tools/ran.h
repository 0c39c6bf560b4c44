// A tool as a person runs it.
#pragma once

#include <string>

namespace openinfer::testing {

struct Ran {
  int status = -1;  // exit status; -1 when a signal ended it
  std::string out, error;
};

// A shell line; the tools are in its path.
[[nodiscard]] Ran ran(const std::string& line);
[[nodiscard]] bool has(const std::string& text, const std::string& part);

// Packages of the committed models, made once into the build tree.
[[nodiscard]] std::string packed(const std::string& model);

// A file of this content in a folder that goes away with the process.
[[nodiscard]] std::string file_of(const std::string& name, const std::string& content);
[[nodiscard]] std::string folder();

}  // namespace openinfer::testing
