#include "tests/models/model_session.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

namespace openinfer::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = OPENINFER_SOURCE_DIR;
const fs::path kTool = fs::path(OPENINFER_BIN_DIR) / "oinf-pack";

bool older(const fs::path& package, const fs::path& than) {
  std::error_code error;
  const auto made = fs::last_write_time(package, error);
  if (error) return true;
  if (!fs::is_directory(than)) return made < fs::last_write_time(than);
  for (const auto& entry : fs::recursive_directory_iterator(than))
    if (entry.is_regular_file() && made < entry.last_write_time()) return true;
  return false;
}

std::string failure(const Status& status, const Session& session) {
  return status ? std::string() : render(status.error(), session.model().sources());
}

}  // namespace

std::string model_folder(std::string_view model) {
  return (kSource / (model == "storyteller" ? "examples" : "tests/data") / model).string();
}

std::string package_path(std::string_view name) {
  const fs::path folder = fs::path(OPENINFER_BIN_DIR).parent_path() / "tests/models/packages";
  fs::create_directories(folder);
  return (folder / name).string() + ".oinf";
}

std::string package_of(std::string_view model) {
  const std::string folder = model_folder(model), package = package_path(model);
  if (older(package, folder) || older(package, kTool) || older(package, kSource / "examples")) {
    // The tool gives the target its content in one go, so that nobody ever sees half of it.
    const std::string line = kTool.string() + " convert '" + folder + "' -o '" + package + "' >/dev/null";
    INFO(line);
    REQUIRE(std::system(line.c_str()) == 0);
  }
  return package;
}

std::unique_ptr<Session> open_session(const std::string& graph, const std::string& package,
                                      const SessionOptions& options) {
  Report report;
  const auto model = Model::open({graph.empty() ? graph : (kSource / graph).string(), package}, report);
  INFO(report.text());
  REQUIRE(model);
  auto session = Session::create(model, options, report);
  INFO(report.text());
  REQUIRE(session);
  return session;
}

std::vector<Emitted> step(Session& session) {
  std::vector<Emitted> all;
  bool copied = true;
  const Status status = session.step([&](const Emission& e) {
    auto value = HostTensor::copy_of(e.value);
    copied &= value.ok();
    if (value) all.push_back({std::string(e.name), std::move(*value)});
    return copied;
  });
  INFO(failure(status, session));
  REQUIRE(status.ok());
  REQUIRE(copied);
  return all;
}

std::vector<int32_t> tokens(const std::vector<Emitted>& emitted, std::string_view name) {
  std::vector<int32_t> ids;
  for (const Emitted& e : emitted) {
    if (e.name != name) continue;
    REQUIRE(e.value.dtype() == DType::i32);
    const auto* first = e.value.view().as<int32_t>();
    ids.insert(ids.end(), first, first + e.value.elements());
  }
  return ids;
}

bool same_bits(const HostTensor& a, const HostTensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::ranges::equal(a.bytes(), b.bytes());
}

void set(Session& session, std::string_view name, const TensorView& value) {
  auto copy = HostTensor::copy_of(value);
  REQUIRE(copy.ok());
  const Status status = session.set(name, std::move(*copy));
  INFO(failure(status, session));
  REQUIRE(status.ok());
}

void set(Session& session, std::string_view name, const std::string& value) {
  const Status status = session.set_value(name, value);
  INFO(failure(status, session));
  REQUIRE(status.ok());
}

}  // namespace openinfer::testing
