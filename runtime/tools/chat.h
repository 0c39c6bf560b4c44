// --chat: a conversation on the terminal, through the package's chat template.
#pragma once

#include "runtime/session.h"
#include "runtime/tools/run_options.h"

namespace openinfer {

// Answers go to standard output, everything else to standard error. The exit status: 0 at the end of the input or after
// /quit; on a terminal an error ends the turn, elsewhere the program, with the error's status.
int run_chat(Session& session, const RunOptions& options);

}  // namespace openinfer
