#include <catch2/catch.hpp>

#include "ir/diagnostic.h"

using namespace openinfer;

namespace {

Span find(const SourceMap& sources, FileId file, std::string_view what) {
  const auto at = static_cast<uint32_t>(sources.text(file).find(what));
  return {file, at, at + static_cast<uint32_t>(what.size())};
}

}  // namespace

TEST_CASE("a diagnostic shows its line, a caret and help") {
  SourceMap sources;
  const FileId file = sources.add("model.graph", "block entry {\n  op layer_nrom(h, w, b) >> x;\n}\n");
  const auto d = Diagnostic(Code::E0101, "unknown op `layer_nrom`", find(sources, file, "layer_nrom"))
                     .with_help("did you mean `layer_norm`?");
  CHECK(render(d, sources) ==
        "error[E0101]: unknown op `layer_nrom`\n"
        " --> model.graph:2:6\n"
        "  |\n"
        "2 |   op layer_nrom(h, w, b) >> x;\n"
        "  |      ^^^^^^^^^^\n"
        "  = help: did you mean `layer_norm`?\n");
  CHECK(render(d) ==
        "error[E0101]: unknown op `layer_nrom`\n"
        "  = help: did you mean `layer_norm`?\n");
}

TEST_CASE("a note with a place shows the other side, and numbers share one margin") {
  SourceMap sources;
  const FileId a = sources.add("a.graph", "constant { w: f32; }\n");
  const FileId b = sources.add("b.graph", std::string(9, '\n') + "op relu(w) >> w;\n");
  const auto d = Diagnostic(Code::E0309, "`w` is a constant", find(sources, b, ">> w"))
                     .note("declared here", find(sources, a, "w: f32"))
                     .note("constants come from the package");
  CHECK(render(d, sources) ==
        "error[E0309]: `w` is a constant\n"
        "  --> b.graph:10:12\n"
        "   |\n"
        "10 | op relu(w) >> w;\n"
        "   |            ^^^^\n"
        "note: declared here\n"
        "  --> a.graph:1:12\n"
        "   |\n"
        " 1 | constant { w: f32; }\n"
        "   |            ^^^^^^\n"
        "   = note: constants come from the package\n");
}

TEST_CASE("columns are characters, and what a terminal cannot show is replaced") {
  SourceMap sources;
  const FileId file = sources.add("x", "\t// √2 \x1B[31m\n");
  const Span span = find(sources, file, "\x1B");
  CHECK(render(Diagnostic(Code::E0001, "unexpected \x1B", span), sources) ==
        "error[E0001]: unexpected \uFFFD\n"
        " --> x:1:8\n"
        "  |\n"
        "1 |  // √2 \uFFFD[31m\n"
        "  |        ^\n");
}

TEST_CASE("a very long line is cut around the place") {
  SourceMap sources;
  const FileId file = sources.add("x", std::string(100000, 'a') + "!" + std::string(100000, 'b'));
  const std::string text = render(Diagnostic(Code::E0001, "unexpected `!`", {file, 100000, 100001}), sources);
  CHECK(text.size() < 500);
  CHECK(text.find("…aaaa") != std::string::npos);
  CHECK(text.find("a!b") != std::string::npos);
}

TEST_CASE("a line that fits on a wide terminal is shown whole, and a note once") {
  SourceMap sources;
  const std::string line(159, 'a');
  const FileId file = sources.add("x", line);
  const auto d = Diagnostic(Code::E0001, "m", {file, 2, 3}).note("n", {file, 0, 1}).note("n", {file, 0, 1});
  CHECK(render(d, sources) == "error[E0001]: m\n --> x:1:3\n  |\n1 | " + line +
                                  "\n  |   ^\nnote: n\n --> x:1:1\n  |\n1 | " + line + "\n  | ^\n");
}

TEST_CASE("the end of the text and a span over lines have a caret") {
  SourceMap sources;
  const FileId file = sources.add("x", "ab\ncd");
  CHECK(render(Diagnostic(Code::E0005, "expected `;`", {file, 5, 5}), sources) ==
        "error[E0005]: expected `;`\n --> x:2:3\n  |\n2 | cd\n  |   ^\n");
  CHECK(render(Diagnostic(Code::E0005, "m", {file, 1, 5}), sources) ==
        "error[E0005]: m\n --> x:1:2\n  |\n1 | ab\n  |  ^\n");
  CHECK(render(Diagnostic(Code::E0005, "m", {file, 900, 901}), sources) == "error[E0005]: m\n");
}

TEST_CASE("diagnostics come in the order of the text, each once") {
  SourceMap sources;
  const FileId file = sources.add("x", "ab\n");
  const Diagnostic second(Code::E0102, "two", {file, 1, 2}), first(Code::E0102, "one", {file, 0, 1});
  const Diagnostics all{second, first, second};
  CHECK(render(all, sources) == render(first, sources) + "\n" + render(second, sources));
}
