#include "ran.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace openinfer::testing {
namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("openinfer-tools-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace

std::string folder() {
  static Folder made;
  return made.path.string();
}

Ran ran(const std::string& line) {
  const std::string errors = folder() + "/stderr";
  const std::string command = "PATH=\"" OPENINFER_BIN_DIR ":$PATH\"; { " + line + "\n} 2>" + errors;
  Ran r;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) r.out.append(buffer, n);
  const int status = ::pclose(pipe);
  r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  r.error = text_of(errors);
  return r;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string packed(const std::string& model) {
  const std::string target = folder() + "/" + model + ".oinf";
  if (std::filesystem::exists(target)) return target;
  const std::string source =
      std::string(OPENINFER_SOURCE_DIR) + (model == "storyteller" ? "/examples/" : "/tests/data/");
  const Ran r = ran("oinf-pack convert " + source + model + " -o " + target);
  INFO(r.error);
  REQUIRE(r.status == 0);
  return target;
}

std::string file_of(const std::string& name, const std::string& content) {
  const std::string path = folder() + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace openinfer::testing
