// What a case says about itself, in comments of its .graph file:
//
//   // package-size: D = 2            a size variable of the package
//   // metadata: eps = 0.5            an entry of its metadata: a number, true, a text in quotes, or a list of one kind
//   // tensor: W.0 = f32 [[1, 2]]     a stored tensor; `f32[0, 3]` alone for one without elements
//   // size: n = 4                    a size from the caller
//   // entry: other                   the block to run
//   // refused: E0201: differ         the graph is refused with this code, and the report holds this text
//   // views: h                       exactly these temporaries are views, not copies
//   // step                           begins a step; the first one needs no such line
//   // reset                          before this step the session begins anew
//   // input: x = [1, 2, 3]           bound before this step and kept for the next ones
//   // stop-after: 2                  the caller ends the step at this emission
//   // expect: y = [2, 4, 6]          the next emission
//   // read: v = [1]                  an input or a volatile variable after the step
//   // expect-error R0001: index 5    the step fails with this code, and its text holds this
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace openinfer::testing {

using NamedText = std::pair<std::string, std::string>;

struct ExpectedError {
  std::string code, text;
};

struct CaseStep {
  bool reset = false;
  std::vector<NamedText> inputs, emissions, reads;
  std::optional<ExpectedError> error;
  int stop_after = 0;  // 0: runs to its end
};

struct CaseFile {
  std::vector<NamedText> package_sizes, metadata, tensors, sizes;
  std::string entry;
  std::vector<ExpectedError> refused;
  std::optional<std::vector<std::string>> views;
  std::vector<CaseStep> steps{1};
  std::vector<std::string> malformed;  // lines that look like one of these and are not

  [[nodiscard]] bool has_package() const { return !package_sizes.empty() || !metadata.empty() || !tensors.empty(); }
};

[[nodiscard]] CaseFile read_case(const std::string& path);

}  // namespace openinfer::testing
