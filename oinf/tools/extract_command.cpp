#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "oinf/atomic_file.h"
#include "oinf/tools/commands.h"
#include "oinf/tools/npy.h"
#include "oinf/tools/package_json.h"

namespace openinfer {
namespace {

namespace fs = std::filesystem;

Status write(const std::string& path, std::span<const std::byte> bytes) {
  if (path.empty() || path == "-") {
    std::cout.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    std::cout.flush();
    return std::cout ? Status() : Status(Diagnostic(Code::R0007, "standard output cannot be written"));
  }
  Status written = AtomicFile::write(path, bytes);
  if (written.ok()) return written;
  return Diagnostic(Code::R0007, written.error().message);  // no package is at fault
}

// What stands there is told by the suffix, as everywhere; a name that promises another format is refused.
Status check_suffix(const std::string& output, const char* what, const char* suffix) {
  if (output.empty() || output == "-" || fs::path(output).extension() == suffix) return {};
  return Diagnostic(Code::U0001, fmt::format("{}: {} is written as {}; name it so", output, what, suffix));
}

// A path of the package that stays below the folder it is written to.
bool stays_inside(const std::string& path) {
  const fs::path p = fs::path(path).lexically_normal();
  return p.is_relative() && !p.empty() && *p.begin() != "..";
}

// Files and folders that go away again unless all of them could be written.
class Extracted {
 public:
  Extracted() = default;
  Extracted(const Extracted&) = delete;
  Extracted& operator=(const Extracted&) = delete;
  ~Extracted() {
    std::error_code error;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, error);
  }
  Status make_folder(const fs::path& folder) {
    std::error_code error;
    if (folder.empty() || fs::is_directory(folder, error)) return {};
    OINF_TRY(make_folder(folder.parent_path()));
    fs::create_directory(folder, error);
    if (error) return Diagnostic(Code::R0007, fmt::format("{}: {}", folder.string(), error.message()));
    made_.push_back(folder);
    return {};
  }
  // A file that was there before stays, with its new content.
  Status add(const fs::path& path, std::string_view text) {
    std::error_code error;
    const bool fresh = !fs::exists(path, error);
    OINF_TRY(write(path.string(), std::as_bytes(std::span(text))));
    if (fresh) made_.push_back(path);
    return {};
  }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;  // a folder before what it holds
};

Status extract_graph(const Package& package, const std::string& output) {
  OINF_ASSIGN(const auto graph, package.graph());
  if (graph.empty()) return Diagnostic(Code::P0026, package.path() + ": no graph");
  if (output.empty() || output == "-") {
    for (size_t i = 1; i < graph.size(); ++i)
      std::cerr << "note: it includes " << graph[i].path << "; -o FOLDER/ writes all\n";
    return write("-", std::as_bytes(std::span(graph.front().text)));
  }
  for (const GraphSource& file : graph)
    if (!stays_inside(file.path))
      return Diagnostic(Code::P0012, fmt::format("{}: graph `{}` lies outside the folder", package.path(), file.path));
  Extracted extracted;
  for (const GraphSource& file : graph) {
    const fs::path target = fs::path(output) / file.path;
    OINF_TRY(extracted.make_folder(target.parent_path()));
    OINF_TRY(extracted.add(target, file.text));
  }
  extracted.keep();
  return {};
}

Status extract(const ExtractCommand& command) {
  OINF_ASSIGN(const auto package, Package::open(command.file));
  if (std::error_code error; !command.output.empty() && fs::equivalent(command.output, command.file, error))
    return Diagnostic(Code::U0001, command.output + ": the output would replace the package");
  if (command.graph) return extract_graph(*package, command.output);
  if (command.tokenizer) {
    OINF_TRY(check_suffix(command.output, "a tokenizer", ".json"));
    OINF_ASSIGN(const TokenizerData tokenizer, package->tokenizer());
    const std::string text = to_json(tokenizer).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return write(command.output, std::as_bytes(std::span(text)));
  }
  if (command.output.empty()) return Diagnostic(Code::U0001, "a tensor is written to a file: -o X.npy");
  OINF_TRY(check_suffix(command.output, "a tensor", ".npy"));
  auto values = TensorValues::of(*package, command.tensor);
  if (!values.ok()) return with_nearest(std::move(values).error(), command.tensor, *package);
  return write(command.output, to_npy(*values));
}

}  // namespace

int run_extract(const ExtractCommand& command) {
  if ((command.graph ? 1 : 0) + (command.tokenizer ? 1 : 0) + (command.tensor.empty() ? 0 : 1) != 1)
    return report_error({Code::U0001, "name one thing: a tensor, --graph or --tokenizer"});
  const Status status = extract(command);
  return status.ok() ? 0 : report_error(status.error());
}

}  // namespace openinfer
