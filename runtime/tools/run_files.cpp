#include "runtime/tools/run_files.h"

#include <fstream>

namespace openinfer {
namespace {

bool is_package(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string begin(4096, '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<size_t>(in.gcount()));
  if (begin.starts_with("OINF") || path.ends_with(".oinf")) return true;
  if (path.ends_with(".graph") || !in.is_open()) return false;
  return begin.empty() ? in.eof() : begin.find('\0') != std::string::npos;
}

}  // namespace

Result<ModelFiles> run_files(const std::vector<std::string>& paths) {
  ModelFiles files;
  for (const std::string& path : paths) {
    if (is_package(path)) {
      if (!files.package.empty())
        return Diagnostic(Code::U0001, "two packages were given: " + files.package + " and " + path);
      files.package = path;
    } else if (files.graph.empty()) {
      files.graph = path;
    } else if (files.package.empty()) {
      files.package = path;  // a second text is no package: opening it says so
    } else {
      return Diagnostic(Code::U0001, "two graphs were given: " + files.graph + " and " + path);
    }
  }
  if (files.graph.empty() && files.package.empty())
    return Diagnostic(Code::U0001, "nothing to run: oinf-run [GRAPH] MODEL").with_help("oinf-run --help has examples");
  return files;
}

}  // namespace openinfer
