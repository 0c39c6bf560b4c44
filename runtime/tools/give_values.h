// --input, --set, --seed, --prompt and --prompt-file: what a session is given before it runs.
#pragma once

#include "runtime/openinfer.h"
#include "runtime/tools/run_options.h"

namespace openinfer {

// Errors: those of Session::set_value and set_text; U0001 where two options give one input, or --set a tensor; I0001
// for a prompt without tokens.
[[nodiscard]] Status give_values(Session& session, const RunOptions& options);

}  // namespace openinfer
