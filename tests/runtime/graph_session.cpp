#include "graph_session.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "runtime/adapters/show_tensor.h"

namespace openinfer::test {
namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("openinfer-runtime-" + std::to_string(::getpid()));
  int files = 0;
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

std::string graph_file(const std::string& text) {
  static Folder folder;
  const auto path = folder.path / (std::to_string(folder.files++) + ".graph");
  std::ofstream(path) << text;
  return path.string();
}

std::unique_ptr<Session> session_of(const std::string& text, const SessionOptions& options) {
  Report report;
  const auto model = Model::open({graph_file(text), ""}, report);
  INFO(report.text());
  REQUIRE(model);
  auto session = Session::create(model, options, report);
  INFO(report.text());
  REQUIRE(session);
  return session;
}

std::string emitted(Session& session) {
  std::string all;
  const Status s = session.step([&](const Emission& e) {
    all += (all.empty() ? "" : "; ") + std::string(e.name) + " = " + *tensor_json(e.value);
    return true;
  });
  INFO((s ? std::string() : render(s.error(), session.model().sources())));
  REQUIRE(s.ok());
  return all;
}

}  // namespace openinfer::test
