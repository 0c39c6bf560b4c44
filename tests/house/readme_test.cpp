// What the front pages promise: the README's graph is the example's, and links lead somewhere.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = OPENINFER_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Targets of [text](target) that are files of the tree, without their #fragment.
std::vector<std::string> links_of(const std::string& page) {
  std::vector<std::string> links;
  for (size_t at = page.find("]("); at != std::string::npos; at = page.find("](", at + 2)) {
    std::string target = page.substr(at + 2, page.find(')', at) - at - 2);
    target.resize(std::min(target.find('#'), target.size()));
    if (!target.empty() && target.find("://") == std::string::npos) links.push_back(target);
  }
  return links;
}

}  // namespace

TEST_CASE("the README shows the graph of the examples") {
  const std::string page = read(kRoot / "README.md");
  const std::string graph = read(kRoot / "examples/neighbours.graph");
  const size_t fence = page.find("```\n");
  REQUIRE(fence != std::string::npos);
  CHECK(page.substr(fence + 4, graph.size()) == graph);
}

TEST_CASE("links between the pages lead to files") {
  std::vector<fs::path> pages{"README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(fs::relative(entry.path(), kRoot));
  size_t links = 0;
  for (const fs::path& page : pages)
    for (const std::string& link : links_of(read(kRoot / page))) {
      ++links;
      INFO(page << " links to " << link);
      CHECK(fs::exists(kRoot / page.parent_path() / link));
    }
  CHECK(links > 10);
}
