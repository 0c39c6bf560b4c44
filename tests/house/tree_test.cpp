// The rules of the house (docs/architecture.md): who may include whom, how long a file may be, what a folder is called.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = OPENINFER_SOURCE_DIR;
const std::vector<std::string> kFolders = {"ir", "oinf", "ops", "dsl", "runtime"};

// What each folder may include, besides itself.
const std::map<std::string, std::set<std::string>> kMayUse = {
    {"ir", {}}, {"oinf", {"ir"}}, {"ops", {"ir"}}, {"dsl", {"ir", "ops"}}, {"runtime", {"ir", "oinf", "ops", "dsl"}},
};

struct Source {
  fs::path path;  // relative to the root
  std::vector<std::string> lines;
};

std::vector<Source> sources() {
  std::vector<Source> all;
  std::vector<std::string> folders = kFolders;
  folders.emplace_back("tests");
  folders.emplace_back("examples");
  for (const std::string& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".h") continue;
      Source s{fs::relative(entry.path(), kRoot), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) s.lines.push_back(line);
      all.push_back(std::move(s));
    }
  return all;
}

bool is_tool(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == "tools"; });
}

}  // namespace

TEST_CASE("a folder includes only what stands above it in the pipeline") {
  size_t includes = 0;
  for (const Source& s : sources()) {
    const std::string folder = s.path.begin()->string();
    const auto rule = kMayUse.find(folder);
    if (rule == kMayUse.end()) continue;
    for (size_t i = 0; i < s.lines.size(); ++i) {
      const std::string& line = s.lines[i];
      if (line.rfind("#include \"", 0) != 0) continue;
      const std::string target = line.substr(10, line.find('"', 10) - 10);
      const std::string used = target.substr(0, target.find('/'));
      if (std::find(kFolders.begin(), kFolders.end(), used) == kFolders.end()) continue;
      ++includes;
      INFO(s.path.string() << ":" << i + 1 << ": " << line);
      // A tool's main may use every library; the libraries keep the order.
      CHECK((used == folder || rule->second.contains(used) || is_tool(s.path)));
      CHECK((is_tool(s.path) || target.find("/tools/") == std::string::npos));
    }
  }
  CHECK(includes > 500);
}

TEST_CASE("the top level has the folders that README.md lists, and no other") {
  static const std::set<std::string> folders = {"docs", "dsl",     "examples", "ir",   "oinf",
                                                "ops",  "runtime", "shaders",  "tests"};
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || name.front() == '.' || name.rfind("build", 0) == 0) continue;
    INFO(name);
    CHECK(folders.contains(name));
  }
}

TEST_CASE("LLVM is included by ops/llvm only, Vulkan by runtime/vulkan only") {
  for (const Source& s : sources())
    for (const std::string& line : s.lines) {
      if (line.rfind("#include", 0) != 0) continue;
      INFO(s.path.string() << ": " << line);
      const std::string path = s.path.generic_string();
      if (line.find("<llvm") != std::string::npos || line.find("\"llvm") != std::string::npos)
        CHECK(path.rfind("ops/llvm/", 0) == 0);
      if (line.find("vulkan") != std::string::npos || line.find("volk") != std::string::npos)
        CHECK(path.rfind("runtime/vulkan/", 0) == 0);
    }
}

TEST_CASE("no file is longer than 600 lines, and most are short") {
  std::vector<size_t> lengths;
  for (const Source& s : sources()) {
    INFO(s.path.string() << " has " << s.lines.size() << " lines");
    CHECK(s.lines.size() <= 600);
    if (s.path.begin()->string() != "tests") lengths.push_back(s.lines.size());
  }
  std::sort(lengths.begin(), lengths.end());
  CHECK(lengths[lengths.size() / 2] <= 150);
}

TEST_CASE("no folder or file is a drawer: utils, common, misc, helpers") {
  static const std::set<std::string> drawers = {"utils", "util", "common", "misc", "helpers", "helper"};
  for (const Source& s : sources())
    for (const fs::path& part : s.path) {
      INFO(s.path.string());
      CHECK_FALSE(drawers.contains(part.stem().string()));
    }
}

TEST_CASE("what is compiled keeps the rounding of numerics.md") {
  std::ifstream in(kRoot / "CMakeLists.txt");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  CHECK(text.find("-ffp-contract=off") != std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(kRoot)) {
    const fs::path relative = fs::relative(entry.path(), kRoot);
    if (relative.begin()->string() == "build" || relative.begin()->string() == ".git") continue;
    if (entry.path().filename() != "CMakeLists.txt") continue;
    std::ifstream list(entry.path());
    const std::string all((std::istreambuf_iterator<char>(list)), {});
    INFO(relative.string());
    CHECK(all.find("-ffast-math") == std::string::npos);
    CHECK(all.find("-Ofast") == std::string::npos);
  }
}
