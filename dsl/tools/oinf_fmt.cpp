// oinf-fmt: the canonical text of graph files.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "dsl/format.h"
#include "dsl/parse.h"
#include "dsl/text_source.h"
#include "ir/numerics_id.h"
#include "ir/tool_main.h"
#include "ir/tools/command_line.h"
#include "oinf/atomic_file.h"

namespace {

using namespace openinfer;

constexpr const char* kExamples = R"(Examples:
  oinf-fmt model.graph               print the canonical text
  oinf-fmt -i model.graph lib/*.graph   rewrite the files
  oinf-fmt --check examples/*.graph  name the files that differ from it (exit status 1)
  oinf-fmt - < model.graph           read standard input
)";

enum class Mode { print, check, in_place };

Result<std::string> read(const std::string& path) {
  if (path != "-") return dsl::DirectorySource().read(path);
  return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
}

// The exit status of one file.
int format_one(const std::string& path, Mode mode) {
  const auto text = read(path);
  if (!text.ok()) {
    std::cerr << render(text.error());
    return exit_status(text.error().code);
  }
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId id = sources.add(path == "-" ? "standard input" : path, *text);
  const File file = dsl::parse(id, sources, diagnostics);
  if (!diagnostics.empty()) {
    std::cerr << render(diagnostics, sources);
    return exit_status(diagnostics.front().code);
  }
  const std::string canonical = dsl::format(file);
  switch (mode) {
    case Mode::print:
      std::cout << canonical;
      return 0;
    case Mode::check:
      if (canonical == *text) return 0;
      std::cout << path << "\n";
      return 1;
    case Mode::in_place:
      if (canonical == *text) return 0;
      if (const Status written = AtomicFile::write(path, std::as_bytes(std::span(canonical))); !written.ok()) {
        std::cerr << render(Diagnostic(Code::R0007, written.error().message));
        return exit_status(Code::R0007);
      }
      return 0;
  }
  return 1;
}

int run(int argc, char** argv) {
  CLI::App app("Prints graph files in their canonical form: no options of style.", "oinf-fmt");
  bool check = false, in_place = false;
  std::vector<std::string> files;
  auto* check_flag = app.add_flag("--check", check, "Only name the files that are not canonical");
  app.add_flag("-i", in_place, "Rewrite the files")->excludes(check_flag);
  app.add_option("FILE", files, "Graph files; - is standard input")->required();
  app.set_version_flag("--version",
                       std::string("oinf-fmt " OPENINFER_VERSION "\nnumerics_id ") + std::to_string(kNumericsId));
  app.footer(kExamples);
  if (const auto exit = read_command_line(app, argc, argv)) return *exit;
  if (in_place && std::find(files.begin(), files.end(), "-") != files.end()) {
    std::cerr << render(Diagnostic(Code::U0001, "-i cannot rewrite standard input"));
    return exit_status(Code::U0001);
  }
  int status = 0;
  for (const std::string& file : files)
    status = std::max(status, format_one(file, check ? Mode::check : in_place ? Mode::in_place : Mode::print));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return tool_main([&] { return run(argc, argv); });
}
