#include "dsl/load.h"

#include <catch2/catch.hpp>

#include "dsl/lower/lower.h"
#include "ir/json.h"

using namespace openinfer;

namespace {

struct Loaded {
  SourceMap sources;
  Diagnostics diagnostics;
  Graph graph;

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const GraphFile& f : graph.files) list.push_back(f.name);
    return list;
  }
  [[nodiscard]] std::string errors() const { return render(diagnostics, sources); }
};

Loaded load(std::vector<dsl::MapSource::Entry> texts) {
  Loaded l;
  const std::string main = texts[0].path;
  l.graph = dsl::load(main, dsl::MapSource(std::move(texts)), l.sources, l.diagnostics);
  return l;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("includes are relative to their file, and each is read once") {
  const Loaded l =
      load({{"a/main.graph", "include \"lib/x.graph\"; include \"./lib/../lib/y.graph\"; include \"../top.graph\";"},
            {"a/lib/x.graph", "include \"y.graph\";"},
            {"a/lib/y.graph", "sizes { a = 1; }"},
            {"top.graph", ""}});
  CHECK(l.errors().empty());
  CHECK(l.names() == Names{"a/main.graph", "a/lib/x.graph", "a/lib/y.graph", "top.graph"});
  for (const Item& item : l.graph.files[0].file.items) CHECK(std::get<Include>(item).file != kNoFile);
  CHECK(std::get<Include>(l.graph.files[0].file.items[1]).file == l.graph.files[2].source);
}

TEST_CASE("an include that cannot be read is an error at its line") {
  const Loaded l = load({{"main.graph", "\ninclude \"gone.graph\";\ninclude \"\";\n"}});
  CHECK(l.errors() ==
        "error[E0010]: cannot read `gone.graph`: nothing of that name is in the package\n"
        " --> main.graph:2:1\n"
        "  |\n"
        "2 | include \"gone.graph\";\n"
        "  | ^^^^^^^^^^^^^^^^^^^^^\n"
        "\n"
        "error[E0010]: the path is empty\n"
        " --> main.graph:3:1\n"
        "  |\n"
        "3 | include \"\";\n"
        "  | ^^^^^^^^^^^\n");
}

TEST_CASE("a cycle of includes is an error that shows the way") {
  const Loaded l = load(
      {{"a.graph", "include \"b.graph\";"}, {"b.graph", "include \"c.graph\";"}, {"c.graph", "include \"a.graph\";"}});
  REQUIRE(l.diagnostics.size() == 1);
  CHECK(l.diagnostics[0].code == Code::E0011);
  CHECK(l.sources.place(l.diagnostics[0].span) == "c.graph:1:1");
  REQUIRE(l.diagnostics[0].notes.size() == 2);
  CHECK(l.sources.place(l.diagnostics[0].notes[1].span) == "b.graph:1:1");

  CHECK(load({{"a.graph", "include \"a.graph\";"}}).diagnostics.at(0).code == Code::E0011);
}

TEST_CASE("a graph that is not there, or a directory, is an error") {
  SourceMap sources;
  Diagnostics diagnostics;
  CHECK(dsl::load("no/such/file.graph", dsl::DirectorySource(), sources, diagnostics).files.empty());
  CHECK(dsl::load(OPENINFER_SOURCE_DIR, dsl::DirectorySource(), sources, diagnostics).files.empty());
  REQUIRE(diagnostics.size() == 2);
  CHECK(exit_status(diagnostics[0].code) == 4);
  CHECK(diagnostics[1].message.ends_with("it is a directory"));
}

TEST_CASE("files that include each other without end are bounded") {
  class Endless : public dsl::TextSource {
   public:
    [[nodiscard]] Result<std::string> read(const std::string& path) const override {
      return "include \"" + path + "x\";";
    }
  };
  SourceMap sources;
  Diagnostics diagnostics;
  const Graph graph = dsl::load("x", Endless(), sources, diagnostics);
  CHECK(graph.files.size() == 1000);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].code == Code::E0008);
}

TEST_CASE("a graph's JSON form is known by its first character") {
  const Loaded text = load({{"m.graph", "include \"n.graph\";"}, {"n.graph", "block entry {}"}});
  const Loaded json = load({{"m.json", "\n " + to_json(text.graph)}});
  CHECK(json.errors().empty());
  CHECK(json.names() == Names{"m.graph", "n.graph"});
  CHECK(load({{"m.json", "{}"}}).diagnostics.at(0).code == Code::E0012);
}

TEST_CASE("a fault of a graph that came as JSON shows a place in its text") {
  const Loaded text = load(
      {{"m.graph", "include \"n.graph\";\nblock entry { emit nothing; }\n"}, {"n.graph", "dynamic { x: f32; }\n"}});
  Loaded json = load({{"m.json", to_json(text.graph)}});
  REQUIRE(json.errors().empty());
  Diagnostics diagnostics;
  check(json.graph, {}, diagnostics);
  REQUIRE(diagnostics.size() == 1);
  const std::string report = render(diagnostics, json.sources);
  CHECK(report.find("m.json (text of m.graph):") != std::string::npos);
  CHECK(report.find("emit nothing;") != std::string::npos);
}

TEST_CASE("paths are normalised") {
  CHECK(dsl::normalise_path("./a//b/./c") == "a/b/c");
  CHECK(dsl::normalise_path("a/../../b") == "../b");
  CHECK(dsl::normalise_path("/../a/..") == "/");
  CHECK(dsl::normalise_path("a/..") == ".");
  CHECK(dsl::resolve_path("a/b.graph", "../c.graph") == "c.graph");
  CHECK(dsl::resolve_path("b.graph", "c.graph") == "c.graph");
  CHECK(dsl::resolve_path("a/b.graph", "/c.graph") == "/c.graph");
}
