#include "tests/runtime/trace/traced.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/runtime/graph_session.h"

namespace openinfer::test {

const std::string& watched() {
  static const std::string text = file_text(OPENINFER_SOURCE_DIR "/tests/runtime/trace/watched.graph");
  return text;
}

std::string scratch_file(const std::string& name) {
  struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("openinfer-trace-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return (folder.path / name).string();
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

Traced traced(const std::string& graph, const std::vector<std::string>& x, TraceLevel level) {
  static int files = 0;
  Report report;
  // One file for the same graph: traces name it.
  static std::map<std::string, std::string> paths;
  auto& path = paths[graph];
  if (path.empty()) path = graph_file(graph);
  const auto model = Model::open({path, ""}, report);
  INFO(report.text());
  REQUIRE(model);
  SessionOptions options;
  options.threads = 1;
  auto session = Session::create(model, options, report);
  INFO(report.text());
  REQUIRE(session);
  const std::string file = scratch_file(std::to_string(files++) + ".json");
  auto tracer = Tracer::create(*session, {file, level, 1, std::nullopt, "test"});
  REQUIRE(tracer.ok());
  session->observe(**tracer);
  Traced result;
  for (const std::string& value : x) {
    REQUIRE(session->set_value("x", value).ok());
    result.emitted += emitted(*session) + "\n";
  }
  REQUIRE((*tracer)->finish().ok());
  result.text = file_text(file);
  return result;
}

}  // namespace openinfer::test
