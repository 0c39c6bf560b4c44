// What a run prints: for a person, and with --json for a program.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ran.h"

using namespace openinfer::testing;
using nlohmann::json;

namespace {

std::vector<json> lines(const std::string& out) {
  std::vector<json> list;
  std::istringstream in(out);
  for (std::string line; std::getline(in, line);) list.push_back(json::parse(line));
  return list;
}

}  // namespace

TEST_CASE("with --json a run gives every emission of a run as one object a line") {
  const std::string graph = file_of("values.graph",
                                    "dynamic { x: f32[n]; }\nblock entry {\n  emit x;\n  op div(x, 0.0) >> y: f32[n];\n"
                                    "  emit y;\n  op gt(x, 1.0) >> large: bool[n];\n  emit large;\n  emit n;\n}\n");
  const Ran r = ran("oinf-run " + graph + " --input x='[1, 2.5, 0]' --json");
  INFO(r.error);
  REQUIRE(r.status == 0);
  const auto all = lines(r.out);
  REQUIRE(all.size() == 4);
  CHECK(all[0] == json{{"name", "x"}, {"dtype", "f32"}, {"shape", {3}}, {"value", {1, 2.5, 0}}});
  CHECK(all[1]["value"] == json::array({"inf", "inf", "nan"}));
  CHECK(all[2]["value"] == json::array({false, true, false}));
  CHECK(all[3]["value"] == 3);
  CHECK(all[3]["shape"] == json::array());
}

TEST_CASE("with --json a run gives text as it comes and labels whole") {
  const Ran r =
      ran("oinf-run " + packed("storyteller") + " --prompt Once --set max_new_tokens=4 --set temperature=0 --json");
  REQUIRE(r.status == 0);
  std::string text;
  for (const json& line : lines(r.out)) text += line["text"].get<std::string>();
  const Ran person =
      ran("oinf-run " + packed("storyteller") + " --prompt Once --set max_new_tokens=4 --set temperature=0");
  CHECK(person.out == text + "\n");
  const json picture =
      json::array({json::array({json(std::vector<std::vector<double>>(28, std::vector<double>(28)))})});
  const std::string file = file_of("picture.json", picture.dump());
  const Ran digits = ran("oinf-run " + packed("digits-vit") + " --input pixels=@" + file + " --json");
  INFO(digits.error);
  REQUIRE(digits.status == 0);
  const auto all = lines(digits.out);
  REQUIRE(all.size() == 1);
  CHECK(all[0]["labels"].size() == 10);
  CHECK(all[0]["labels"][0]["label"].is_string());
}

TEST_CASE("a prompt without tokens is an input error") {
  for (const char* prompt : {"--prompt ''", "--prompt-file /dev/null"}) {
    const Ran r = ran("oinf-run " + packed("storyteller") + " " + prompt);
    CHECK(r.status == 5);
    CHECK(has(r.error, "error[I0001]: the prompt"));
    CHECK(has(r.error, "has no tokens"));
  }
}

TEST_CASE("each emission of a name is shown by its own adapter's arguments") {
  const auto shown = [](const std::string& emissions) {
    const std::string graph =
        file_of("names.graph", "block entry { op fill(value=1) >> z: i32[1]; " + emissions + " }\n");
    const Ran r = ran("oinf-run " + graph + " " + packed("storyteller"));
    INFO(r.error);
    REQUIRE(r.status == 0);
    return r.out;
  };
  const std::string name = shown("emit z @text(names=true);");
  CHECK(name == "<|end|>\n");
  CHECK(shown("emit z @text;") == "\n");
  CHECK(shown("emit z @text(names=true); emit z @text;") == name);
  CHECK(shown("emit z @text; emit z @text(names=true);") == name);
  CHECK(shown("emit z @text(names=true); emit z @text(names=false); emit z @text(names=true);") == "<|end|><|end|>\n");
}

TEST_CASE("a token that the vocabulary lacks is an error of the node that emits it") {
  const std::string graph =
      file_of("token.graph", "block entry {\n  op fill(value=5000) >> w: i32;\n  emit w @text;\n}\n");
  const Ran r = ran("oinf-run " + graph + " " + packed("storyteller"));
  CHECK(r.status == 1);
  CHECK(has(r.error, "error[R0001]: token 5000 is outside the vocabulary"));
  CHECK(has(r.error, "token.graph:3:"));
  CHECK(has(r.error, "(emit)"));
}
