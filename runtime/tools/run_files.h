// Which of the files of a command line is the graph and which the package.
#pragma once

#include <string>
#include <vector>

#include "runtime/model.h"

namespace openinfer {

// The content decides: a package begins with OINF. A file that is neither that nor a text, or that is named .oinf, is
// taken for a damaged package, so that its own errors are reported. U0001: two packages, nothing at all.
[[nodiscard]] Result<ModelFiles> run_files(const std::vector<std::string>& paths);

}  // namespace openinfer
