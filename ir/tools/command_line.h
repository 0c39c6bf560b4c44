// A tool's command line, read by CLI11.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace openinfer {

// Reads it. Gives what the tool shall exit with when nothing is left to do: 0 after --help and --version, else 2 after
// a diagnostic (U0001) on standard error, which names the nearest subcommand or option for one that there is not.
[[nodiscard]] std::optional<int> read_command_line(CLI::App& app, int argc, const char* const* argv);

}  // namespace openinfer
