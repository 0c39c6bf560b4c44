#include "oinf/tools/packed_graph.h"

#include <cstdlib>
#include <filesystem>

#include "dsl/format.h"
#include "dsl/load.h"

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

std::optional<PackedGraph> load_packed_graph(const std::string& path, GraphErrors& errors) {
  SourceMap sources;
  Diagnostics diagnostics;
  PackedGraph packed;
  packed.graph = dsl::load(path, dsl::DirectorySource(), sources, diagnostics);
  if (!diagnostics.empty()) {
    errors = {render(diagnostics, sources), exit_status(diagnostics.front().code)};
    return std::nullopt;
  }
  const fs::path folder = fs::path(packed.graph.files.front().name).parent_path();
  for (const GraphFile& file : packed.graph.files) {
    std::string name = folder.empty() ? file.name : fs::path(file.name).lexically_relative(folder).generic_string();
    // A graph that came as JSON has no text of its own.
    packed.sources.push_back(
        {std::move(name), file.source == kNoFile ? dsl::format(file.file) : std::string(sources.text(file.source))});
  }
  return packed;
}

}  // namespace openinfer
