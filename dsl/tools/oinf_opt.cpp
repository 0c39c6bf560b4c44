// oinf-opt: prints a graph in one of its forms.
#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <string>

#include "dsl/dot.h"
#include "dsl/format.h"
#include "dsl/load.h"
#include "ir/json.h"
#include "ir/numerics_id.h"
#include "ir/tool_main.h"
#include "ir/tools/command_line.h"

namespace {

using namespace openinfer;

constexpr const char* kExamples = R"(Examples:
  oinf-opt model.graph                      check the syntax, print the canonical text
  oinf-opt model.graph --emit json > m.json   with all that it includes
  oinf-opt m.json                           the text of a graph's JSON form
  oinf-opt model.graph --emit dot | dot -Tsvg > model.svg
)";

// Files, and standard input as "-".
class Source : public dsl::TextSource {
 public:
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    if (path != "-") return files_.read(path);
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }

 private:
  dsl::DirectorySource files_;
};

int print(const std::string& path, const std::string& form) {
  SourceMap sources;
  Diagnostics diagnostics;
  const Graph graph = dsl::load(path, Source(), sources, diagnostics);
  if (!diagnostics.empty()) {
    std::cerr << render(diagnostics, sources);
    return exit_status(diagnostics.front().code);
  }
  if (form == "json")
    std::cout << to_json(graph);
  else if (form == "dot")
    std::cout << dsl::to_dot(graph);
  else
    std::cout << dsl::format(graph.files.front().file);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Prints a graph, given as text or JSON, in one of its forms.", "oinf-opt");
  std::string graph, form = "text";
  int level = 0;
  app.add_option("GRAPH", graph, "A graph file, text or JSON; - is standard input")->required();
  app.add_option("-O", level, "-O0: no passes, the graph as it is")->check(CLI::IsMember({0}));
  app.add_option("--emit", form, "text (of the file itself), json or dot (with all that it includes)")
      ->check(CLI::IsMember({"text", "json", "dot"}));
  app.set_version_flag("--version",
                       std::string("oinf-opt " OPENINFER_VERSION "\nnumerics_id ") + std::to_string(kNumericsId));
  app.footer(kExamples);
  if (const auto exit = read_command_line(app, argc, argv)) return *exit;
  return print(graph, form);
}

}  // namespace

int main(int argc, char** argv) {
  return tool_main([&] { return run(argc, argv); });
}
