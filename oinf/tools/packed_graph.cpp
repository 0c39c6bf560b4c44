#include "oinf/tools/packed_graph.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "dsl/format.h"
#include "dsl/load.h"
#include "dsl/lower/lower.h"

namespace openinfer {
namespace {

namespace fs = std::filesystem;

// The first row that fits. `needs`: metadata that the model must have, with this value where one is given.
struct Default {
  std::string_view architecture;
  std::string_view key;
  std::string_view value;
  std::string_view graph;
};
constexpr Default kDefaults[] = {
    {"bert", "pooling.word_embedding_dimension", "", "sentence.graph"},
    {"bert", "architectures", "BertForMaskedLM", "bert-fill-mask.graph"},
    {"bert", "architectures", "BertForSequenceClassification", "bert.graph"},
    {"clip_text_model", "", "", "clip_text.graph"},
    {"deit", "architectures", "DeiTForImageClassificationWithTeacher", "deit.graph"},
    {"deit", "", "", "vit.graph"},
    {"gpt2", "", "", "gpt2.graph"},
    {"llama", "", "", "llama.graph"},
    {"mistral", "", "", "mistral.graph"},
    {"qwen2", "", "", "qwen2.graph"},
    {"qwen3", "", "", "qwen3.graph"},
    {"resnet", "layer_type", "basic", "resnet18.graph"},
    {"resnet", "layer_type", "bottleneck", "resnet50.graph"},
    {"vit", "", "", "vit.graph"},
    {"whisper", "", "", "whisper.graph"},
};

bool fits(const Default& row, const PackageDescription& model) {
  if (row.architecture != model.architecture) return false;
  if (row.key.empty()) return true;
  for (const auto& [key, value] : model.metadata) {
    if (key != row.key) continue;
    if (row.value.empty()) return true;
    if (const auto* text = std::get_if<std::string>(&value)) return *text == row.value;
    if (const auto* list = std::get_if<std::vector<std::string>>(&value))
      for (const std::string& item : *list)
        if (item == row.value) return true;
  }
  return false;
}

std::vector<fs::path> example_folders() {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("OPENINFER_EXAMPLES"); own != nullptr && *own != '\0') folders.emplace_back(own);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path().parent_path() / "share/openinfer/examples");
  folders.emplace_back(OPENINFER_SOURCE_EXAMPLES);
  return folders;
}

// A package has no folders but those between its graphs, so an include must not begin at the file system's root.
Diagnostics absolute_includes(const Graph& graph) {
  Diagnostics found;
  for (const GraphFile& file : graph.files)
    for (const Item& item : file.file.items)
      if (const auto* include = std::get_if<Include>(&item); include != nullptr && include->path.starts_with('/'))
        found.push_back(
            Diagnostic(Code::E0010, "an absolute path cannot be packed: `" + include->path + "`", include->span)
                .with_help("name it relative to the including file"));
  return found;
}

// The names of the files in the package: paths from the main graph's folder, or, where something above or beside that
// is included, from the nearest folder that holds all files. So `../x.graph` means the same in the package as outside.
std::vector<std::string> packed_names(const std::vector<GraphFile>& files) {
  std::vector<fs::path> paths;
  for (const GraphFile& file : files) {
    std::error_code error;
    fs::path path = fs::absolute(file.name, error).lexically_normal();
    paths.push_back(error ? fs::path(file.name) : std::move(path));
  }
  fs::path root = paths.front().parent_path();
  const auto inside = [&](const fs::path& path) {
    return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
  };
  while (root.has_relative_path() && !std::all_of(paths.begin(), paths.end(), inside)) root = root.parent_path();
  std::vector<std::string> names;
  for (const fs::path& path : paths) names.push_back(path.lexically_relative(root).generic_string());
  return names;
}

}  // namespace

std::optional<std::string> default_graph(const PackageDescription& model) {
  for (const Default& row : kDefaults) {
    if (!fits(row, model)) continue;
    for (const fs::path& folder : example_folders()) {
      std::error_code error;
      if (fs::path path = folder / row.graph; fs::is_regular_file(path, error)) return path.string();
    }
  }
  return std::nullopt;
}

std::optional<PackedGraph> load_packed_graph(const std::string& path, GraphErrors& errors, const PackageInfo* package) {
  SourceMap sources;
  Diagnostics diagnostics;
  PackedGraph packed;
  packed.graph = dsl::load(path, dsl::DirectorySource(), sources, diagnostics);
  if (diagnostics.empty()) diagnostics = absolute_includes(packed.graph);
  if (diagnostics.empty() && package != nullptr) {
    LowerOptions options;
    options.package = package;
    check(packed.graph, options, diagnostics);
    std::erase_if(diagnostics, [](const Diagnostic& d) { return d.code == Code::E0103; });
  }
  if (!diagnostics.empty()) {
    errors = {render(diagnostics, sources), exit_status(diagnostics.front().code)};
    return std::nullopt;
  }
  std::vector<std::string> names = packed_names(packed.graph.files);
  for (size_t i = 0; i < names.size(); ++i) {
    const GraphFile& file = packed.graph.files[i];
    // A graph that came as JSON has no text of its own.
    packed.sources.push_back({std::move(names[i]), file.source == kNoFile ? dsl::format(file.file)
                                                                          : std::string(sources.text(file.source))});
  }
  return packed;
}

}  // namespace openinfer
