#include "tests/dsl/texts.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "dsl/format.h"
#include "dsl/parse.h"

namespace openinfer::testing {

std::vector<std::string> Parsed::messages() const {
  std::vector<std::string> list;
  for (const Diagnostic& d : diagnostics) list.push_back(std::string(code_name(d.code)) + " " + d.message);
  return list;
}

Parsed parse_text(std::string text) {
  Parsed p;
  const FileId id = p.sources.add("test.graph", std::move(text));
  p.file = dsl::parse(id, p.sources, p.diagnostics);
  return p;
}

std::string formatted(const std::string& text) {
  const Parsed p = parse_text(text);
  INFO(p.errors());
  REQUIRE(p.diagnostics.empty());
  return dsl::format(p.file);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> graph_files() {
  std::vector<std::string> paths;
  for (const char* folder : {"examples", "tests"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(OPENINFER_SOURCE_DIR "/") + folder)) {
      const std::string path = entry.path().string();
      if (entry.path().extension() == ".graph" && path.find("/golden/") == std::string::npos) paths.push_back(path);
    }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace openinfer::testing
