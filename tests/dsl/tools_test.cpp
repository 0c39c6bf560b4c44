// oinf-fmt and oinf-opt as a person runs them: what they print, and their exit status.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/dsl/texts.h"

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string output;  // standard output alone
};

// A command of the shell in which FMT and OPT stand for the tools.
Outcome shell(std::string command) {
  for (const auto& [word, tool] : {std::pair{"FMT", "/oinf-fmt"}, std::pair{"OPT", "/oinf-opt"}})
    for (size_t at = command.find(word); at != std::string::npos; at = command.find(word, at + 3))
      command.replace(at, 3, std::string("'" OPENINFER_BIN_DIR) + tool + "'");
  Outcome outcome;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) outcome.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return outcome;
}

// A folder of its own that goes away.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "openinfer-dsl-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

constexpr const char* kLoose = "block  entry{return;}";
constexpr const char* kCanonical = "block entry {\n  return;\n}\n";
constexpr const char* kBroken = "block entry { return\n";

}  // namespace

TEST_CASE("oinf-fmt prints, checks and rewrites") {
  const Folder folder;
  const std::string loose = folder.write("a.graph", kLoose), sound = folder.write("b.graph", kCanonical);

  CHECK(shell("FMT " + loose).output == kCanonical);
  CHECK(shell("FMT - < " + loose).output == kCanonical);

  const Outcome check = shell("FMT --check " + loose + " " + sound);
  CHECK(check.status == 1);
  CHECK(check.output == loose + "\n");

  fs::permissions(loose, fs::perms::owner_read | fs::perms::owner_write);
  const fs::path link = fs::path(loose).parent_path() / "link.graph";
  fs::create_symlink(loose, link);
  CHECK(shell("FMT -i " + link.string() + " " + sound).status == 0);
  CHECK(openinfer::testing::read_file(loose) == kCanonical);
  CHECK(fs::is_symlink(link));
  CHECK(fs::status(loose).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(shell("FMT --check " + loose).status == 0);
}

TEST_CASE("oinf-fmt leaves a wrong file alone and says so") {
  const Folder folder;
  const std::string broken = folder.write("a.graph", kBroken);
  CHECK(shell("FMT -i " + broken).status == 3);
  CHECK(openinfer::testing::read_file(broken) == kBroken);
  CHECK(shell("FMT " + broken).output.empty());
  CHECK(shell("FMT " + broken + ".gone").status == 4);
  CHECK(shell("FMT").status == 2);
  CHECK(shell("FMT -i -").status == 2);
  CHECK(shell("FMT --check -i " + broken).status == 2);
}

TEST_CASE("oinf-opt goes from text to JSON and back") {
  const std::string llama = "'" OPENINFER_SOURCE_DIR "/examples/llama.graph'";
  const Outcome json = shell("OPT -O0 --emit json " + llama);
  CHECK(json.status == 0);
  const Folder folder;
  const std::string file = folder.write("llama.json", json.output);
  CHECK(shell("OPT " + file).output == shell("FMT " + llama).output);
  CHECK(shell("OPT - < " + file).output == shell("OPT " + llama).output);
  CHECK(shell("OPT --emit json " + file).output == json.output);

  const Outcome dot = shell("OPT --emit dot " + llama);
  CHECK(dot.output.find("label=\"rms_norm\"") != std::string::npos);
}

TEST_CASE("oinf-opt has the exit status of what went wrong") {
  const Folder folder;
  CHECK(shell("OPT " + folder.write("a.graph", kBroken)).status == 3);
  CHECK(shell("OPT " + folder.write("a.json", "{")).status == 3);
  CHECK(shell("OPT " + folder.write("b.graph", "include \"gone\";")).status == 3);
  CHECK(shell("OPT /no/such.graph").status == 4);
  CHECK(shell("OPT --emit xml a.graph").status == 2);
  CHECK(shell("OPT -O7 a.graph").status == 2);
  CHECK(shell("OPT").status == 2);
}

TEST_CASE("the tools explain themselves") {
  for (const char* tool : {"FMT", "OPT"}) {
    CHECK(shell(std::string(tool) + " --version").status == 0);
    const Outcome help = shell(std::string(tool) + " --help");
    CHECK(help.status == 0);
    CHECK(help.output.find("Examples:") != std::string::npos);
  }
}
