#include "dsl/load.h"

#include <unordered_map>

#include "dsl/format.h"
#include "dsl/parse.h"
#include "ir/json.h"

namespace openinfer::dsl {
namespace {

constexpr size_t kMaxFiles = 1000;
constexpr size_t kMaxTotalBytes = size_t{64} << 20;

class Loader {
 public:
  Loader(const TextSource& texts, SourceMap& sources, Diagnostics& diagnostics)
      : texts_(texts), sources_(sources), diagnostics_(diagnostics) {}

  Graph load(const std::string& path) {
    auto text = texts_.read(path);
    if (!text.ok()) {
      diagnostics_.push_back(text.error());
      return {};
    }
    const size_t first = text->find_first_not_of(" \t\r\n");
    if (first != std::string::npos && (*text)[first] == '{') return from_json_text(path, *text);
    add(path, *std::move(text));
    return std::move(graph_);
  }

 private:
  // Errors show places: what JSON has no lines for is shown in the canonical text of the same graph.
  Graph from_json_text(const std::string& path, const std::string& json) {
    auto graph = from_json(json, diagnostics_);
    if (!graph) return {};
    for (GraphFile& file : graph->files) {
      const FileId id = sources_.add(path + " (text of " + file.name + ")", format(file.file));
      file.source = id;
      file.file = parse(id, sources_, diagnostics_);
    }
    return *std::move(graph);
  }

  // Index of the file in the graph.
  size_t add(const std::string& path, std::string text) {
    const size_t index = graph_.files.size();
    const FileId id = sources_.add(path, std::move(text));
    graph_.files.push_back({path, id, parse(id, sources_, diagnostics_)});
    index_[path] = index;
    open_.push_back(index);
    follow(index);
    open_.pop_back();
    return index;
  }

  void follow(size_t index) {
    // By position: adding a file moves the others.
    for (size_t i = 0; i < graph_.files[index].file.items.size(); ++i) {
      const auto* include = std::get_if<Include>(&graph_.files[index].file.items[i]);
      if (include == nullptr) continue;
      at_.push_back(include->span);
      const FileId file = resolve(resolve_path(graph_.files[index].name, include->path), include->path.empty());
      at_.pop_back();
      std::get<Include>(graph_.files[index].file.items[i]).file = file;
    }
  }

  FileId resolve(const std::string& path, bool empty) {
    const Span span = at_.back();
    if (empty) {
      diagnostics_.emplace_back(Code::E0010, "the path is empty", span);
      return kNoFile;
    }
    if (const auto known = index_.find(path); known != index_.end()) {
      report_cycle(known->second, path, span);
      return graph_.files[known->second].source;
    }
    auto text = texts_.read(path);
    if (!text.ok()) {
      diagnostics_.emplace_back(Code::E0010, text.error().message, span);
      return kNoFile;
    }
    bytes_ += text->size();
    if (graph_.files.size() == kMaxFiles || bytes_ > kMaxTotalBytes) {
      diagnostics_.emplace_back(Code::E0008,
                                "the graph has more than " + std::to_string(kMaxFiles) + " files or " +
                                    std::to_string(kMaxTotalBytes) + " bytes",
                                span);
      return kNoFile;
    }
    return graph_.files[add(path, *std::move(text))].source;
  }

  // When the file is among those whose includes are being read.
  void report_cycle(size_t index, const std::string& path, Span span) {
    for (size_t i = 0; i < open_.size(); ++i) {
      if (open_[i] != index) continue;
      Diagnostic d(Code::E0011, "`" + path + "` includes itself", span);
      for (size_t link = i; link + 1 < open_.size(); ++link) d.notes.push_back({"by way of this include", at_[link]});
      diagnostics_.push_back(std::move(d));
      return;
    }
  }

  const TextSource& texts_;
  SourceMap& sources_;
  Diagnostics& diagnostics_;
  Graph graph_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<size_t> open_;  // files whose includes are being read, outermost first
  std::vector<Span> at_;      // the include of each of them that is being read
  size_t bytes_ = 0;
};

}  // namespace

Graph load(const std::string& path, const TextSource& texts, SourceMap& sources, Diagnostics& diagnostics) {
  return Loader(texts, sources, diagnostics).load(normalise_path(path));
}

}  // namespace openinfer::dsl
