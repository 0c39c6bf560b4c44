// The command line of oinf-run: what every option takes, and which of them contradict each other.
#pragma once

#include <string>

#include "ir/result.h"
#include "runtime/tools/run_options.h"

namespace openinfer {

struct RunArguments {
  RunOptions options;
  std::string help;  // not empty: asked for
};

// Everything is looked at before anything is opened. Errors: U0001.
[[nodiscard]] Result<RunArguments> parse_run_arguments(int argc, const char* const* argv);

// Of values that were read one by one: what cannot hold at once. U0001.
[[nodiscard]] Status check_run_options(const RunOptions& options);

}  // namespace openinfer
