// What the main of every tool does around its work, so that no tool ends in silence or with an untyped error.
#pragma once

#include <functional>

namespace openinfer {

// Runs `work`, which gives an exit status, and gives the status to exit with:
// - a standard stream that the caller has closed stays closed for files that are opened later: else a package would be
//   opened as standard output, and a table printed into it;
// - a file that passes `ulimit -f` is a write that fails (SIGXFSZ is ignored);
// - what a library throws becomes a diagnostic on standard error: R0006 without memory, R0007 for a stream that breaks,
//   X0001 otherwise;
// - a success whose output could not be written whole (std::cout and stdout are flushed) becomes R0007.
[[nodiscard]] int tool_main(const std::function<int()>& work);

}  // namespace openinfer
