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
    return std::cout ? Status() : Status(Diagnostic(Code::P0019, "standard output cannot be written"));
  }
  return AtomicFile::write(path, bytes);
}

// A path of the package that stays below the folder it is written to.
bool stays_inside(const std::string& path) {
  const fs::path p = fs::path(path).lexically_normal();
  return p.is_relative() && !p.empty() && *p.begin() != "..";
}

Status extract_graph(const Package& package, const std::string& output) {
  OINF_ASSIGN(const auto graph, package.graph());
  if (graph.empty()) return Diagnostic(Code::P0026, package.path() + ": no graph");
  if (output.empty() || output == "-") {
    for (size_t i = 1; i < graph.size(); ++i)
      std::cerr << "note: it includes " << graph[i].path << "; -o FOLDER/ writes all\n";
    return write("-", std::as_bytes(std::span(graph.front().text)));
  }
  for (const GraphSource& file : graph) {
    if (!stays_inside(file.path))
      return Diagnostic(Code::P0012, fmt::format("{}: graph `{}` lies outside the folder", package.path(), file.path));
    const fs::path target = fs::path(output) / file.path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    OINF_TRY(write(target.string(), std::as_bytes(std::span(file.text))));
  }
  return {};
}

Status extract(const ExtractCommand& command) {
  OINF_ASSIGN(const auto package, Package::open(command.file));
  if (command.graph) return extract_graph(*package, command.output);
  if (command.tokenizer) {
    OINF_ASSIGN(const TokenizerData tokenizer, package->tokenizer());
    const std::string text = to_json(tokenizer).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return write(command.output, std::as_bytes(std::span(text)));
  }
  if (command.output.empty()) return Diagnostic(Code::U0001, "a tensor is written to a file: -o X.npy");
  OINF_ASSIGN(const TensorValues values, TensorValues::of(*package, command.tensor));
  return write(command.output, to_npy(values));
}

}  // namespace

int run_extract(const ExtractCommand& command) {
  if ((command.graph ? 1 : 0) + (command.tokenizer ? 1 : 0) + (command.tensor.empty() ? 0 : 1) != 1)
    return report_error({Code::U0001, "name one thing: a tensor, --graph or --tokenizer"});
  const Status status = extract(command);
  return status.ok() ? 0 : report_error(status.error());
}

}  // namespace openinfer
