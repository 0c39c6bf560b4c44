// A package that somebody writes to while it runs: a typed error, not a signal, and no value made of what is gone.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/runtime/tools/ran.h"

using namespace openinfer::testing;
namespace fs = std::filesystem;

namespace {

struct Story {
  std::string package = folder() + "/shrinking.oinf";
  std::string errors = folder() + "/shrinking.txt";
  int status = -1;
  std::string error;

  // Tells a long story; `harm` is done to the package after the first piece of it.
  template <class Harm>
  explicit Story(Harm harm) {
    fs::copy_file(packed("storyteller"), package, fs::copy_options::overwrite_existing);
    FILE* pipe =
        ::popen(("'" OPENINFER_BIN_DIR "/oinf-run' '" + package +
                 "' --prompt 'The Fox and the Crow' --set temperature=0 --set max_new_tokens=500 2>'" + errors + "'")
                    .c_str(),
                "r");
    REQUIRE(pipe != nullptr);
    REQUIRE(std::fgetc(pipe) != EOF);
    harm(package);
    while (std::fgetc(pipe) != EOF) {
    }
    const int ended = ::pclose(pipe);
    status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    std::ifstream in(errors);
    error.assign(std::istreambuf_iterator<char>(in), {});
  }
};

}  // namespace

TEST_CASE("a package that is cut short while it runs ends the run with P0016") {
  const Story story([](const std::string& package) { fs::resize_file(package, 4096); });
  INFO(story.error);
  CHECK(story.status == 4);
  CHECK(has(story.error, "error[P0016]: " + story.package));
}

TEST_CASE("a package that is written to while it runs ends the run with P0016") {
  const Story story([](const std::string& package) {
    std::fstream file(package, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100000);
    file.put('x');
  });
  INFO(story.error);
  CHECK(story.status == 4);
  CHECK(has(story.error, "error[P0016]: " + story.package + ": the file was written to while it was open"));
}

TEST_CASE("a package whose name another takes runs on") {
  const Story story([](const std::string& package) {
    std::ofstream(package + ".new") << "another";
    fs::rename(package + ".new", package);
  });
  INFO(story.error);
  CHECK(story.status == 0);
  CHECK(story.error.empty());
}
