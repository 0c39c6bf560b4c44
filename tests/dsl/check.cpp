#include "tests/dsl/check.h"

#include "dsl/load.h"
#include "dsl/lower/lower.h"

namespace openinfer::testing {
namespace {

class Folder : public dsl::TextSource {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    auto text = dsl::DirectorySource().read(path_ + "/" + path);
    // Where the folder lies must not show in expected texts.
    if (!text.ok()) return Diagnostic(text.error().code, "cannot read `" + path + "`");
    return text;
  }

 private:
  std::string path_;
};

}  // namespace

const std::vector<Stage>& stages() {
  static const std::vector<Stage> list{
      // Names, sizes, types and shapes, as far as they can be known without a package.
      [](const Graph& graph, SourceMap&, Diagnostics& diagnostics) {
        openinfer::check(graph, LowerOptions(), diagnostics);
      },
  };
  return list;
}

Diagnostics check(const std::string& folder, const std::string& file, SourceMap& sources) {
  Diagnostics diagnostics;
  const Graph graph = dsl::load(file, Folder(folder), sources, diagnostics);
  for (const Stage& stage : stages()) {
    if (!diagnostics.empty()) break;
    stage(graph, sources, diagnostics);
  }
  return diagnostics;
}

}  // namespace openinfer::testing
