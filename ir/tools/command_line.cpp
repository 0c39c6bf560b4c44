#include "ir/tools/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "ir/diagnostic.h"

namespace openinfer {
namespace {

// Subcommands of the tool, or options of what was asked for.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (!options) {
    for (const CLI::App* command : app.get_subcommands(nullptr)) words.push_back(command->get_name());
    return words;
  }
  std::vector<const CLI::App*> asked{&app};
  for (const CLI::App* command : app.get_subcommands()) asked.push_back(command);
  for (const CLI::App* part : asked)
    for (const CLI::Option* option : part->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

// What stands where the tool knows no such word; nothing when that was not the mistake.
std::optional<Diagnostic> unknown_word(const CLI::App& app, int argc, const char* const* argv) {
  const bool has_commands = !app.get_subcommands(nullptr).empty();
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    const bool option = word.starts_with("--") && word != "--";
    if (!option && !(has_commands && i == 1 && !word.starts_with("-"))) continue;
    const std::vector<std::string> words = known_words(app, option);
    if (std::find(words.begin(), words.end(), word) != words.end()) continue;
    Diagnostic d(Code::U0001, std::string("unknown ") + (option ? "option" : "subcommand") + " `" + word + "`");
    const std::string_view near = nearest_name(word, std::vector<std::string_view>(words.begin(), words.end()));
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    return d;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> read_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help and --version
    Diagnostic d(Code::U0001, e.what());
    if (auto unknown = unknown_word(app, argc, argv)) d = std::move(*unknown);
    if (d.help.empty()) d.help = app.get_name() + " --help has examples";
    std::cerr << render(d);
    return exit_status(d.code);
  }
}

}  // namespace openinfer
