#include "ir/json.h"

#include <catch2/catch.hpp>

using namespace openinfer;

namespace {

// The first error of a document, "CODE message".
std::string refusal(std::string_view text) {
  Diagnostics diagnostics;
  const auto graph = from_json(text, diagnostics);
  if (graph) return "accepted";
  REQUIRE_FALSE(diagnostics.empty());
  return std::string(code_name(diagnostics[0].code)) + " " + diagnostics[0].message;
}

std::string with_items(const std::string& items) {
  return R"({"format": "openinfer.graph/1", "files": [{"name": "m", "items": [)" + items + "]}]}";
}

std::string with_node(const std::string& node) {
  return with_items(R"({"kind": "block", "name": "entry", "nodes": [)" + node + "]}");
}

std::string with_dim(const std::string& expr) {
  return with_node(R"({"kind": "assign", "name": "x", "type": {"name": "f32", "dims": [)" + expr + "]}}");
}

}  // namespace

TEST_CASE("a graph in JSON is read, and written as it was") {
  const std::string text = R"({
  "format": "openinfer.graph/1",
  "files": [
    {
      "name": "m.graph",
      "graph": {
        "name": "m",
        "version": 1
      },
      "items": [
        {
          "kind": "memory",
          "memory": "volatile",
          "decls": [
            {
              "name": "x",
              "type": {
                "name": "f32",
                "dims": [
                  "T",
                  {
                    "mul": [
                      2,
                      {
                        "integer": "0xff"
                      }
                    ]
                  }
                ]
              },
              "trivia": {
                "trailing": "// what is heard"
              }
            }
          ]
        },
        {
          "kind": "block",
          "name": "entry",
          "nodes": [
            {
              "kind": "op",
              "op": "fill",
              "args": [
                {
                  "name": "value",
                  "value": {
                    "float": "-inf"
                  }
                }
              ],
              "outs": {
                "list": [
                  {
                    "ref": "x"
                  }
                ]
              }
            },
            {
              "kind": "emit",
              "value": {
                "ref": "x",
                "index": [
                  {
                    "from": {
                      "from_end": "1"
                    }
                  },
                  {
                    "at": "i"
                  }
                ]
              }
            }
          ]
        }
      ]
    }
  ]
}
)";
  Diagnostics diagnostics;
  const auto graph = from_json(text, diagnostics);
  INFO(refusal(text));
  REQUIRE(graph);
  CHECK(to_json(*graph) == text);
}

TEST_CASE("a document that is no graph is refused with the place") {
  CHECK(refusal("") == "E0012 the document is not JSON: it ends at line 1, column 1, before the value does");
  CHECK(refusal("{\n  \"format\":") ==
        "E0012 the document is not JSON: it ends at line 2, column 12, before the value does");
  CHECK(refusal("{\n  \"format\" 3}") == "E0012 the document is not JSON: unexpected `3` at line 2, column 12");
  CHECK(refusal("[]") == "E0012 the document: expected an object");
  CHECK(refusal("{}") == "E0012 the document: `format` is missing");
  Diagnostics one;
  CHECK_FALSE(from_json(R"({"files": []})", one));
  REQUIRE(one.size() == 1);  // `files` has a meaning, if nobody knows of which format
  CHECK(one[0].message == "the document: `format` is missing");
  CHECK(refusal(R"({"format": "x"})") == "E0012 the document: format is `x`, not `openinfer.graph/1`");
  CHECK(refusal(R"({"format": "openinfer.graph/1"})") == "E0012 the document: `files` is missing");
  CHECK(refusal(R"({"format": "openinfer.graph/1", "files": []})") == "E0012 /files: expected one or more");
  CHECK(refusal(R"({"format": "openinfer.graph/1", "files": 3})") == "E0012 /files: expected a list");
  CHECK(refusal(R"({"format": "openinfer.graph/1", "files": [{"name": "m"}]})") ==
        "E0012 /files/0: `items` is missing");
  CHECK(refusal(with_items(R"({"kind": "loop"})")) == "E0012 /files/0/items/0/kind: no such kind: `loop`");
  CHECK(refusal(with_items(R"({"kind": "include", "path": "a", "x": 1})")) ==
        "E0012 /files/0/items/0: key `x` means nothing here");
  Diagnostics both;
  CHECK_FALSE(from_json(with_items(R"({"kind": "include", "pathh": "a"})"), both));
  REQUIRE(both.size() == 2);
  CHECK(both[0].message == "/files/0/items/0: `path` is missing");
  CHECK(both[1].message == "/files/0/items/0: key `pathh` means nothing here: did you mean `path`?");
}

TEST_CASE("JSON cannot hold what text cannot spell") {
  CHECK(refusal(with_node(R"({"kind": "assign", "name": "a b", "type": {"name": "f32"}})")) ==
        "E0012 /files/0/items/0/nodes/0/name: not a name");
  CHECK(refusal(with_node(R"({"kind": "return", "trivia": {"leading": [{"text": "x"}]}})")) ==
        "E0012 /files/0/items/0/nodes/0/trivia/leading/0/text: not a comment: `//` on one line, or `/* */`");
  CHECK(refusal(with_node(R"({"kind": "return", "trivia": {"trailing": "// a\nop"}})")) ==
        "E0012 /files/0/items/0/nodes/0/trivia/trailing: not a comment on one line");
  CHECK(refusal(with_node(R"({"kind": "yield", "names": []})")) ==
        "E0012 /files/0/items/0/nodes/0/names: expected one or more");
  CHECK(refusal(with_node(R"({"kind": "dep", "after": "a b", "before": "c"})")) ==
        "E0012 /files/0/items/0/nodes/0/after: not an op or a node word");
  CHECK(refusal(with_node(R"({"kind": "sizes", "sizes": [{"name": "a", "if_absent": true, "value": 1}]})")) ==
        "E0012 /files/0/items/0/nodes/0: `if_absent` is for sizes of the file only");
  CHECK(refusal(with_node(R"({"kind": "cache_step", "name": "t", "by": {"expr": {"add": [1, 2]}}})")) ==
        "E0012 /files/0/items/0/nodes/0/by: expected an integer or a name");
  CHECK(refusal(with_node(R"({"kind": "op", "op": "f", "outs": {"list": [{"ref": {"ref": "x", "index": []}}]}})")) ==
        "E0012 /files/0/items/0/nodes/0: indices are for the outputs of cache.read and transfer");
  CHECK(
      refusal(with_node(
          R"({"kind": "op", "op": "f", "args": [{"name": "a", "value": true}, {"value": true}], "outs": {"list": [{"ref": "x"}]}})")) ==
      "E0322 /files/0/items/0/nodes/0: inputs come before attributes");
}

TEST_CASE("expressions in JSON are checked") {
  const std::string at = "/files/0/items/0/nodes/0/type/dims/0";
  CHECK(refusal(with_dim("1.5")) == "E0012 " + at + ": expected an integer expression");
  CHECK(refusal(with_dim("-1")) == "E0012 " + at + ": expected an integer expression");
  CHECK(refusal(with_dim(R"({"add": [1]})")) == "E0012 " + at + "/add: wrong number of operands");
  CHECK(refusal(with_dim(R"({"floor": [1]})")) == "E0012 " + at + "/floor: expected a quotient");
  CHECK(refusal(with_dim(R"({"integer": "1.5"})")) == "E0012 " + at + "/integer: not an integer: `1.5`");
  CHECK(refusal(with_dim(R"({"integer": "300u8"})")) == "E0012 " + at + "/integer: `300u8` does not fit its type");
  CHECK(refusal(with_dim(R"({"integer": ""})")) == "E0012 " + at + "/integer: not an integer: ``");
  CHECK(refusal(with_dim("18446744073709551616")) == "E0012 " + at + ": expected an integer expression");
}

TEST_CASE("depth is limited as it is in text") {
  const auto nested = [](size_t depth) {
    std::string s = "1";
    for (size_t i = 1; i < depth; ++i) s = R"({"add": [)" + s + ", 1]}";
    return s;
  };
  CHECK(refusal(with_dim(nested(static_cast<size_t>(kMaxNesting)))) == "accepted");
  CHECK(refusal(with_dim(nested(static_cast<size_t>(kMaxNesting) + 1))).substr(0, 6) == "E0006 ");

  const std::string deep(200000, '[');
  CHECK(refusal(deep + std::string(deep.size(), ']')) == "E0012 the document: expected an object");
  CHECK(refusal(with_node(R"({"kind": "op", "op": "f", "outs": {"list": [{"ref": "x"}]}, "args": [{"value": )" + deep +
                          std::string(deep.size(), ']') + "}]}"))
            .substr(0, 6) == "E0006 ");
}

TEST_CASE("a million keys, and a million errors, cost no more than reading them") {
  std::string keys, values;
  for (int i = 0; i < 300000; ++i) {
    keys += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    values += i > 0 ? ",1" : "1";
  }
  CHECK(refusal("{" + keys + "}") == "E0012 the document: `format` is missing");
  Diagnostics diagnostics;
  CHECK_FALSE(from_json(with_items(values), diagnostics));
  CHECK(diagnostics.size() == 200);
}
