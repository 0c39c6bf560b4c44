// What docs/language.md shows is what the tools take: its grammar's examples, its graph, its JSON.
#include <catch2/catch.hpp>

#include "dsl/format.h"
#include "dsl/lower/lower.h"
#include "ir/json.h"
#include "tests/dsl/texts.h"

using namespace openinfer;

namespace {

// The fenced texts of a page.
std::vector<std::string> fenced(const std::string& page) {
  std::vector<std::string> list;
  constexpr std::string_view kFence = "```\n";
  for (size_t at = page.find(kFence); at != std::string::npos; at = page.find(kFence, at)) {
    const size_t begin = at + kFence.size(), end = page.find(kFence, begin);
    if (end == std::string::npos) break;
    list.push_back(page.substr(begin, end - begin));
    at = end + kFence.size();
  }
  return list;
}

}  // namespace

TEST_CASE("the language page shows sound graphs") {
  size_t graphs = 0, documents = 0;
  for (const char* page : {"language.md", "guide.md"})
    for (const std::string& text : fenced(testing::read_file(std::string(OPENINFER_SOURCE_DIR "/docs/") + page))) {
      INFO(text);
      if (text.starts_with("graph ")) {
        ++graphs;
        const auto parsed = testing::parse_text(text);
        INFO(parsed.errors());
        REQUIRE(parsed.diagnostics.empty());
        CHECK(dsl::format(parsed.file) == text);
        Graph graph;
        graph.files.push_back({"page", 0, parsed.file});
        Diagnostics diagnostics;
        check(graph, LowerOptions(), diagnostics);
        CHECK(render(diagnostics, parsed.sources) == "");
      } else if (text.starts_with("constant {") || text.starts_with("def ")) {
        ++graphs;
        // Parts of a program; a call stands in a block of its own.
        const size_t call = text.find("\ncall ");
        const std::string part =
            call == std::string::npos ? text : text.substr(0, call) + "\nblock b {" + text.substr(call) + "}\n";
        CHECK(testing::parse_text(part).errors() == "");
      } else if (text.starts_with("{")) {
        ++documents;
        Diagnostics diagnostics;
        CHECK(from_json(text, diagnostics));
        CHECK(diagnostics.empty());
      }
    }
  CHECK(graphs >= 3);
  CHECK(documents >= 1);
}
