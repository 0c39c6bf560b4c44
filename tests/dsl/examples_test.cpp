// The example programs pass every check that needs no package, and what becomes of them when they are damaged in ways
// that the syntax still allows is an error, not a crash.
#include <catch2/catch.hpp>
#include <random>

#include "dsl/load.h"
#include "dsl/lower/lower.h"
#include "tests/dsl/check.h"
#include "tests/dsl/texts.h"

using namespace openinfer;

namespace {

const std::string kExamples = OPENINFER_SOURCE_DIR "/examples";

// Programs of their own; what others include stands in lib.
std::vector<std::string> programs() {
  std::vector<std::string> list;
  for (const std::string& path : testing::graph_files())
    if (path.starts_with(kExamples) && path.find("/lib/") == std::string::npos)
      list.push_back(path.substr(kExamples.size() + 1));
  return list;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the words and the punctuation of a text begin and end; blanks and comments are left out.
std::vector<std::pair<size_t, size_t>> tokens(const std::string& text) {
  std::vector<std::pair<size_t, size_t>> list;
  for (size_t i = 0; i < text.size();) {
    if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    size_t end = i + 1;
    if (text[i] == '"')
      end = std::min(text.find('"', i + 1), text.size() - 1) + 1;
    else if (is_word(text[i]))
      while (end < text.size() && is_word(text[end])) ++end;
    if (std::isspace(static_cast<unsigned char>(text[i])) == 0) list.emplace_back(i, end);
    i = end;
  }
  return list;
}

}  // namespace

TEST_CASE("every example passes the checks that need no package") {
  REQUIRE(programs().size() >= 20);
  for (const std::string& program : programs()) {
    SourceMap sources;
    const Diagnostics diagnostics = testing::check(kExamples, program, sources);
    INFO(program);
    CHECK(render(diagnostics, sources) == "");
  }
}

TEST_CASE("examples with words that changed places are refused or pass, and nothing else") {
  std::mt19937 random(4);
  for (const char* program :
       {"llama.graph", "whisper-timestamps.graph", "yolov8.graph", "sd15-two-devices.graph", "onnx/control.graph"}) {
    const std::string original = testing::read_file(kExamples + "/" + program);
    const auto places = tokens(original);
    // What it includes comes along unchanged.
    SourceMap scratch;
    Diagnostics none;
    std::vector<dsl::MapSource::Entry> texts;
    for (const GraphFile& f : dsl::load(kExamples + "/" + program, dsl::DirectorySource(), scratch, none).files)
      texts.push_back({f.name.substr(f.name.find("/examples/") + 1), std::string(scratch.text(f.source))});
    for (int round = 0; round < 400; ++round) {
      std::string text = original;
      for (int edits = 0; edits < 1 + round % 2; ++edits) {
        const auto [to, to_end] = places[random() % places.size()];
        const auto [from, from_end] = places[random() % places.size()];
        const bool words = is_word(original[to]) == is_word(original[from]);
        if (words && text.size() == original.size())
          text.replace(to, to_end - to, original, from, from_end - from);
        else if (text.size() == original.size())
          text.erase(to, to_end - to);
      }
      texts[0].text = text;
      SourceMap sources;
      Diagnostics diagnostics;
      const Graph graph = dsl::load(texts[0].path, dsl::MapSource(texts), sources, diagnostics);
      if (diagnostics.empty()) check(graph, LowerOptions(), diagnostics);
      for (const Diagnostic& d : diagnostics) REQUIRE(code_name(d.code).front() == 'E');
      if (!diagnostics.empty()) REQUIRE_FALSE(render(diagnostics, sources).empty());
    }
  }
}
