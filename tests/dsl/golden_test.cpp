// Wrong graphs and what a person is told about them. A case is golden/NAME.graph, named after the fact that it holds;
// it begins with a line `// expect-error E0005` for each error, in the order of the text. The whole rendered text
// stands beside it in NAME.expected; OINF_UPDATE_GOLDENS=1 writes it. What cases include stands in golden/lib.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/dsl/check.h"
#include "tests/dsl/texts.h"

using namespace openinfer;

namespace {

const std::string kFolder = OPENINFER_SOURCE_DIR "/tests/dsl/golden";

std::vector<std::string> cases() {
  std::vector<std::string> list;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    const std::string path = std::filesystem::relative(entry.path(), kFolder).generic_string();
    if (entry.path().extension() == ".graph" && !path.starts_with("lib/")) list.push_back(path);
  }
  std::sort(list.begin(), list.end());
  return list;
}

std::vector<std::string> expected_codes(const std::string& text) {
  constexpr std::string_view kMark = "// expect-error ";
  std::vector<std::string> codes;
  for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1))
    codes.push_back(text.substr(at + kMark.size(), 5));
  std::sort(codes.begin(), codes.end());
  return codes;
}

}  // namespace

TEST_CASE("wrong graphs are refused as the golden texts say") {
  const char* update = std::getenv("OINF_UPDATE_GOLDENS");
  const bool rewrite = update != nullptr && std::string_view(update) == "1";
  const auto list = cases();
  REQUIRE(list.size() >= 20);
  for (const std::string& file : list) {
    INFO(file);
    SourceMap sources;
    const Diagnostics diagnostics = testing::check(kFolder, file, sources);
    const std::string rendered = render(diagnostics, sources);
    INFO(rendered);

    std::vector<std::string> codes;
    for (const Diagnostic& d : diagnostics) codes.emplace_back(code_name(d.code));
    std::sort(codes.begin(), codes.end());
    CHECK(codes == expected_codes(testing::read_file(kFolder + "/" + file)));

    const std::string beside = kFolder + "/" + file.substr(0, file.rfind('.')) + ".expected";
    if (rewrite) std::ofstream(beside, std::ios::binary) << rendered;
    CHECK(testing::read_file(beside) == rendered);
  }
}
