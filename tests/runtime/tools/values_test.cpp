// Values on their way in and out, as they are typed and written.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ran.h"

using namespace openinfer::testing;
using nlohmann::json;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace

TEST_CASE("a .json output is JSON, whatever the values are, and an input again") {
  const std::string graph =
      file_of("odd.graph", "dynamic { x: f32[n]; }\nblock entry { op div(x, 0.0) >> y: f32[n]; emit y; }\n");
  const std::string out = folder() + "/odd.json";
  REQUIRE(ran("oinf-run " + graph + " --input x='[1, -1, 0]' --output y=" + out).status == 0);
  CHECK(json::parse(content(out))[1] == "-inf");
  const std::string same = file_of("same.graph", "dynamic { x: f32[n]; }\nblock entry { emit x; }\n");
  const Ran back = ran("oinf-run " + same + " --input x=@" + out);
  CHECK(has(back.out, "x = [inf, -inf, "));
  CHECK(
      has(ran("oinf-run " + same + " --input x='[\"Infinity\", \"-Infinity\", \"NaN\"]'").out, "x = [inf, -inf, nan]"));
}

TEST_CASE("token ids are typed behind an @, and a text in brackets is a text") {
  const std::string story = packed("storyteller");
  const std::string ids = file_of("ids.graph", "dynamic { ids: i32[n] @text; }\nblock entry { emit ids; }\n");
  const std::string line = "oinf-run " + ids + " " + story;
  CHECK(ran(line + " --input ids='@[3, 4, 5]'").out == "ids = [3, 4, 5]\n");
  const Ran text = ran(line + " --input ids='[3]'");
  CHECK(text.status == 0);
  CHECK(text.out != "ids = [3]\n");
  CHECK(ran(line + " --input ids='@[3, four]'").status == 5);
}

TEST_CASE("an input that is empty is said to be") {
  const std::string story = packed("storyteller");
  const Ran text = ran("oinf-run " + story + " --input tokens=");
  CHECK(text.status == 5);
  CHECK(has(text.error, "error[I0001]: the text has no tokens: input `tokens` would be empty"));
  const Ran ids = ran("oinf-run " + story + " --input tokens='@[]'");
  CHECK(ids.status == 1);
  CHECK(has(ids.error, "note: input `tokens` is empty"));
}

TEST_CASE("a benchmark counts the prompt that it was given, and no stop token ends it") {
  const std::string story = packed("storyteller");
  const Ran typed =
      ran("oinf-run " + story + " --bench --prompt 'Once upon a time' --bench-generate 4 --reps 1 --json");
  INFO(typed.error);
  REQUIRE(typed.status == 0);
  CHECK(json::parse(typed.out)["prompt_tokens"].get<int>() > 1);
  const std::string graph = file_of("stops.graph",
                                    "dynamic { ids: i32[n] @text; max_new_tokens: i32 @default(8); }\n"
                                    "constant { stop_tokens: i32[stops]; }\nblock entry {\n"
                                    "  loop l (i in 0..max_new_tokens) {\n    emit ids[0] @text;\n"
                                    "    op isin(ids[0], stop_tokens) >> stop: bool;\n    break stop;\n  }\n}\n");
  const std::string line = "oinf-run " + graph + " " + story + " --input ids='@[1]' --json";
  const Ran run = ran(line);
  CHECK(std::count(run.out.begin(), run.out.end(), '\n') == 1);
  const json figures = json::parse(ran(line + " --bench --bench-generate 6 --reps 1").out);
  CHECK(figures["generated_tokens"] == 6);
  CHECK(figures["stopped_early"] == false);
}

TEST_CASE("a dump of what leaves no value is refused before the run") {
  const std::string graph =
      file_of("valueless.graph",
              "dynamic { x: f32[n]; }\nblock entry {\n  op mul(x, 2.0) >> y: f32[n];\n  barrier;\n"
              "  op gt(y[0], 1.0) >> large: bool;\n  branch large then;\n  emit y;\n}\n"
              "block then { op add(y, 1.0) >> y; }\n");
  const std::string file = folder() + "/valueless.json";
  const auto dump = [&](const std::string& node, const std::string& x) {
    return ran("oinf-run " + graph + " --input x=" + x + " --dump " + node + "=" + file);
  };
  CHECK(dump("entry:0", "'[1]'").status == 0);
  std::filesystem::remove(file);
  const Ran branch = dump("entry:3", "'[1]'");
  CHECK(branch.status == 2);
  CHECK(has(branch.error, "--dump entry:3: the node (branch) writes no value"));
  CHECK(branch.out.empty());
  const Ran idle = dump("then:0", "'[0]'");
  CHECK(idle.status == 5);
  CHECK(has(idle.error, "--dump then:0: the node did not run"));
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a sound without samples is not written, since nothing would read it") {
  const std::string graph =
      file_of("still.graph", "dynamic { x: f32[n]; }\nblock entry { emit x @audio(rate=16000); }\n");
  for (const char* suffix : {"wav", "flac"}) {
    const std::string file = folder() + "/still." + suffix;
    const Ran r = ran("oinf-run " + graph + " --input x='[]' --output x=" + file);
    CHECK(r.status == 1);
    CHECK(has(r.error, "the sound has no samples"));
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(ran("oinf-run " + graph + " --input x='[0.5]' --output x=" + file).status == 0);
  }
}

TEST_CASE("all inputs that are missing are named at once") {
  const std::string graph = file_of("three.graph",
                                    "dynamic { a: i32; b: f32[2]; c: f32[n]; d: f32 @default(1.0); }\n"
                                    "block entry { emit a; emit b; emit c; emit d; }\n");
  const Ran r = ran("oinf-run " + graph + " --input b='[1, 2]'");
  CHECK(r.status == 5);
  CHECK(has(r.error, "error[I0001]: input `a` is missing"));
  CHECK(has(r.error, "input `c` is missing"));
  CHECK_FALSE(has(r.error, "`b` is missing"));
  CHECK_FALSE(has(r.error, "`d` is missing"));
}
