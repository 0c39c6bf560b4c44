// What oinf-pack, oinf-fmt and oinf-opt do when a file is not what it should be: a typed error that names the file, the
// exit status, and nothing half written.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "../temporary_folder.h"
#include "tests/thread_sanitizer.h"

using namespace openinfer::testing;
using openinfer::test::kThreadSanitizer;
namespace fs = std::filesystem;

namespace {

const std::string kData = std::string(OPENINFER_SOURCE_DIR) + "/tests/data/";

// A line of the shell in `folder`, with the tools on the path.
struct Ran {
  int status = -1;
  std::string errors;
};
Ran shell(const TemporaryFolder& folder, const std::string& line) {
  const std::string all = "cd '" + folder.path() + "' && export PATH='" OPENINFER_BIN_DIR "':$PATH VIT='" + kData +
                          "vit-rgb' && { " + line + "; } 2>&1 >/dev/null";
  FILE* pipe = ::popen(all.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ran ran;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) ran.errors.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::set<std::string> names_in(const TemporaryFolder& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    names.insert(fs::relative(entry.path(), folder.path()).string());
  return names;
}

// What every case has: packages, graphs, and files that are none.
void fill(const TemporaryFolder& folder) {
  REQUIRE(shell(folder, "oinf-pack convert $VIT -o m.oinf >/dev/null").status == 0);
  write_file(folder.file("loose.graph"), "block  entry{return;}");
  write_file(folder.file("empty"), "");
  write_file(folder.file("text"), "neither a model nor a package");
  write_file(folder.file("old.oinf"), "old");
  fs::create_directory(folder.file("folder"));
  fs::create_directory(folder.file("copy"));
  for (const char* name : {"config.json", "model.safetensors"})
    fs::copy_file(kData + "vit-rgb/" + name, folder.file(std::string("copy/") + name));
}

struct Case {
  std::string line;
  int status;
  std::string code;
  std::string named;  // what the message must mention
};

void check(const std::vector<Case>& cases) {
  TemporaryFolder folder;
  fill(folder);
  const auto before = names_in(folder);
  for (const Case& c : cases) {
    const Ran ran = shell(folder, c.line);
    INFO(c.line << "\n" << ran.errors);
    CHECK(ran.status == c.status);
    CHECK(ran.errors.find("error[" + c.code + "]: ") != std::string::npos);
    CHECK(ran.errors.find(c.named) != std::string::npos);
    CHECK(names_in(folder) == before);
    CHECK(read_file(folder.file("old.oinf")).size() == 3);
  }
}

}  // namespace

TEST_CASE("a file that cannot be read is named with the reason") {
  std::vector<Case> cases;
  const std::vector<std::string> readers = {"oinf-pack inspect F",
                                            "oinf-pack inspect F --json",
                                            "oinf-pack verify F",
                                            "oinf-pack diff m.oinf F",
                                            "oinf-pack diff F m.oinf",
                                            "oinf-pack extract F x -o x.npy",
                                            "oinf-pack extract F --graph",
                                            "oinf-pack extract F --tokenizer",
                                            "oinf-pack tokenize F </dev/null",
                                            "oinf-pack detokenize F </dev/null",
                                            "oinf-pack render F </dev/null"};
  const std::vector<std::string> any = {"oinf-pack convert F -o x.oinf",
                                        "oinf-pack convert $VIT --graph F -o x.oinf",
                                        "oinf-pack render --template F </dev/null",
                                        "oinf-fmt F",
                                        "oinf-fmt -i F",
                                        "oinf-opt F"};
  const auto add = [&](const std::vector<std::string>& lines, const std::string& file, const std::string& code,
                       int status = 4) {
    for (std::string line : lines) {
      line.replace(line.find('F'), 1, file);
      cases.push_back({line, status, code, file});
    }
  };
  for (const std::string file : {"missing", "missing/deep", "text/below"}) {
    add(readers, file, "P0001");
    add(any, file, "P0001");
  }
  add(readers, "folder", "P0001");
  add(readers, "empty", "P0002");
  add(readers, "text", "P0003");
  add({any.begin() + 1, any.end()}, "folder", "P0001");
  add({any[0]}, "folder", "P0022");
  add({any[0]}, "empty", "P0022");
  add({any[0]}, "text", "P0022");
  add({any[3], any[4], any[5]}, "text", "E0005", 3);
  check(cases);
}

TEST_CASE("a file without permission is named with the reason") {
  if (::geteuid() == 0) {
    WARN("root reads everything: not tested");
    return;
  }
  TemporaryFolder folder;
  fill(folder);
  for (const char* line : {"oinf-pack inspect m.oinf", "oinf-fmt loose.graph", "oinf-opt loose.graph"}) {
    ::chmod(folder.file("m.oinf").c_str(), 0);
    ::chmod(folder.file("loose.graph").c_str(), 0);
    const Ran ran = shell(folder, line);
    CHECK(ran.status == 4);
    CHECK(ran.errors.find("Permission denied") != std::string::npos);
  }
}

TEST_CASE("files that are cut off at the borders of their parts") {
  TemporaryFolder folder;
  fill(folder);
  const auto cut = [&](const std::string& file, uint64_t size, const std::string& line, const char* code) {
    fs::resize_file(folder.file(file), size);
    const Ran ran = shell(folder, line);
    INFO(line << " at " << size << "\n" << ran.errors);
    CHECK(ran.status == 4);
    CHECK(ran.errors.find(std::string("error[") + code + "]: " + file) != std::string::npos);
    CHECK_FALSE(fs::exists(folder.file("x.oinf")));
  };
  const auto package = read_file(folder.file("m.oinf"));
  uint64_t index = 0;
  std::memcpy(&index, package.data() + 24, sizeof index);
  for (const uint64_t size : {uint64_t{package.size() - 1}, index + 8, index, index - 1, uint64_t{4096}, uint64_t{64},
                              uint64_t{63}, uint64_t{16}, uint64_t{9}, uint64_t{5}, uint64_t{1}})
    for (const char* line : {"oinf-pack inspect m.oinf", "oinf-pack verify m.oinf", "oinf-pack extract m.oinf --graph"})
      cut("m.oinf", size, line, "P0002");
  const auto source = read_file(folder.file("copy/model.safetensors"));
  uint64_t header = 0;
  std::memcpy(&header, source.data(), sizeof header);
  for (const uint64_t size :
       {uint64_t{source.size() - 1}, header + 8, header + 7, uint64_t{9}, uint64_t{8}, uint64_t{7}})
    cut("copy/model.safetensors", size, "oinf-pack convert copy -o x.oinf", size < header + 8 ? "P0002" : "P0005");
}

TEST_CASE("an output that has no place to go is refused, and what stands there stays") {
  check({
      {"oinf-pack convert $VIT -o absent/x.oinf", 4, "P0019", "absent/x.oinf"},
      {"oinf-pack convert $VIT -o text/x.oinf", 4, "P0019", "text/x.oinf"},
      {"oinf-pack convert $VIT -o text/", 4, "P0019", "text/"},
      {"oinf-pack convert $VIT -o /dev/null", 4, "P0019", "/dev/null"},
      {"oinf-pack convert $VIT -o " + std::string(300, 'x'), 4, "P0019", "File name too long"},
      {"oinf-pack convert copy/model.safetensors -o copy/model.safetensors", 2, "U0001", "copy/model.safetensors"},
      {"oinf-pack convert copy -o copy/config.json", 2, "U0001", "copy/config.json"},
      {"oinf-pack convert copy --graph loose.graph -o loose.graph", 2, "U0001", "loose.graph"},
      {"oinf-pack convert $VIT", 2, "U0001", "--output"},
      {"oinf-fmt -i -", 2, "U0001", "standard input"},
      {"echo '{% if' >empty; oinf-pack render --template empty </dev/null", 4, "P0030", "empty"},
      {"oinf-pack extract m.oinf --graph -o text", 1, "R0007", "text"},
      {"oinf-pack extract m.oinf classifier.bias -o absent/x.npy", 1, "R0007", "absent/x.npy"},
      {"oinf-pack extract m.oinf classifier.bias -o folder", 2, "U0001", "folder"},
      {"oinf-pack extract m.oinf classifier.bias -o x.safetensors", 2, "U0001", ".npy"},
      {"oinf-pack extract m.oinf classifier.bias -o m.oinf", 2, "U0001", "m.oinf"},
      {"oinf-pack extract m.oinf --tokenizer -o x.npy", 2, "U0001", ".json"},
      {"oinf-pack extract m.oinf classifier.bais -o x.npy", 4, "P0026", "did you mean `classifier.bias`"},
  });
}

TEST_CASE("a full disk leaves what was there before") {
  // A limit on the size of files fails a write as a full disk does.
  check({
      {"ulimit -f 8; oinf-pack convert $VIT -o old.oinf", 4, "P0019", "old.oinf"},
      {"ulimit -f 8; oinf-pack convert $VIT -o new.oinf", 4, "P0019", "new.oinf"},
  });
  if (kThreadSanitizer) {
    WARN("skipped: ThreadSanitizer itself needs files");
    return;
  }
  check({
      {"ulimit -f 0; oinf-pack extract m.oinf classifier.bias -o x.npy", 1, "R0007", "x.npy"},
      {"ulimit -f 0; oinf-pack extract m.oinf --graph -o graphs", 1, "R0007", "graphs/vit.graph"},
      {"ulimit -f 0; oinf-fmt -i loose.graph", 1, "R0007", "loose.graph"},
  });
}

TEST_CASE("standard output that cannot be written is an error of every command") {
  TemporaryFolder folder;
  REQUIRE(shell(folder, "oinf-pack convert " + std::string(OPENINFER_SOURCE_DIR) +
                            "/examples/storyteller -o m.oinf >/dev/null && oinf-pack convert $VIT -o v.oinf >/dev/null "
                            "&& echo '{\"messages\":[]}' >c.json")
              .status == 0);
  write_file(folder.file("a.graph"), "block  entry{return;}");
  std::vector<std::string> ways = {">&-"};
  if (fs::is_character_file("/dev/full"))
    ways.emplace_back(">/dev/full");
  else
    WARN("no /dev/full: not tested");
  for (const std::string& way : ways)
    for (const std::string command : {"oinf-pack inspect m.oinf",
                                      "oinf-pack inspect m.oinf --json",
                                      "oinf-pack inspect m.oinf model.norm.weight",
                                      "oinf-pack verify m.oinf",
                                      "oinf-pack verify m.oinf --json",
                                      "oinf-pack diff m.oinf m.oinf --json",
                                      "oinf-pack diff m.oinf v.oinf",
                                      "oinf-pack extract m.oinf --graph",
                                      "oinf-pack extract m.oinf --tokenizer",
                                      "oinf-pack extract m.oinf model.norm.weight -o -",
                                      "echo '\"a\"' | oinf-pack tokenize m.oinf",
                                      "echo '[300]' | oinf-pack detokenize m.oinf",
                                      "echo '{}' | oinf-pack render --template c.json",
                                      "oinf-pack --help",
                                      "oinf-pack --version",
                                      "oinf-pack convert $VIT -o x.oinf",
                                      "oinf-pack convert $VIT -o x.oinf --json",
                                      "oinf-fmt a.graph",
                                      "oinf-fmt --help",
                                      "oinf-opt a.graph",
                                      "oinf-opt --emit json a.graph",
                                      "oinf-opt --version"}) {
      const Ran ran = shell(folder, command + " " + way);
      INFO(command << " " << way << "\n" << ran.errors);
      CHECK(ran.status == 1);
      CHECK(ran.errors.find("error[R0007]: ") != std::string::npos);
    }
  // A package that is opened while standard output is closed must not become standard output.
  CHECK(shell(folder, "oinf-pack verify m.oinf").status == 0);
}

TEST_CASE("a conversion that is killed leaves the old package or the new one") {
  TemporaryFolder folder;
  const std::string target = folder.file("m.oinf"), tool = std::string(OPENINFER_BIN_DIR) + "/oinf-pack";
  const std::string source = std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller";
  REQUIRE(shell(folder, "oinf-pack convert " + source + " -o m.oinf >/dev/null").status == 0);
  const auto whole = read_file(target);
  int killed = 0;
  for (int delay = 0; delay < 200; delay += delay < 40 ? 2 : 20) {
    write_file(target, "old");
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      static_cast<void>(std::freopen("/dev/null", "w", stdout));
      ::execl(tool.c_str(), tool.c_str(), "convert", source.c_str(), "-o", target.c_str(), nullptr);
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    killed += WIFSIGNALED(status) ? 1 : 0;
    const auto now = read_file(target);
    INFO("after " << delay << " ms: " << now.size() << " bytes");
    CHECK((now.size() == 3 || now == whole));
    // Only the file that the tool's header promises may be left, on file systems without unnamed files.
    for (const std::string& name : names_in(folder)) CHECK((name == "m.oinf" || name.rfind(".oinf-", 0) == 0));
  }
  CHECK(killed > 0);
}
