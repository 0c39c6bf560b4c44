// What a run needs, asked without running: --plan, --explain, --check, --memory-limit.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "ran.h"

using namespace openinfer::testing;
using nlohmann::json;

TEST_CASE("a plan (--plan) needs no inputs: sizes that they would give count 1 and are named") {
  const std::string story = packed("storyteller");
  const Ran plan = ran("oinf-run " + story + " --plan --size ctx=8192");
  INFO(plan.error);
  REQUIRE(plan.status == 0);
  CHECK(has(plan.out, "assumed N = 1, since input `tokens` is not given: give the input, or --size N=VALUE"));

  const auto bytes = [&](const std::string& more) {
    const Ran r = ran("oinf-run " + story + " --plan --json --threads 1 " + more);
    REQUIRE(r.status == 0);
    return json::parse(r.out);
  };
  const json small = bytes(""), large = bytes("--size ctx=8192"), longer = bytes("--size N=64");
  CHECK(small["assumed_sizes"] == json{{"N", 1}});
  CHECK(longer["assumed_sizes"].empty());
  // Keys and values of 8 layers, 4 heads of 32 floats a token.
  CHECK(large["bytes"]["caches"].get<int64_t>() - small["bytes"]["caches"].get<int64_t>() ==
        (8192 - 1024) * (2 * 8 * 4 * 32 * 4 + 4));
  CHECK(longer["bytes"]["arena"] > small["bytes"]["arena"]);
}

TEST_CASE("an explanation and a check need no inputs either") {
  const std::string story = packed("storyteller");
  const Ran explain = ran("oinf-run " + story + " --explain");
  REQUIRE(explain.status == 0);
  CHECK(has(explain.out, "assumed: input `tokens` is not given"));
  CHECK(has(explain.out, "linear"));
  const Ran machine = ran("oinf-run " + story + " --explain --json");
  REQUIRE(machine.status == 0);
  const json j = json::parse(machine.out);
  CHECK(j["kernels"].size() > 50);
  CHECK(j["inputs"].size() == 8);
  const Ran check = ran("oinf-run " + story + " --check");
  CHECK(check.status == 0);
  CHECK(check.out.empty());
}

TEST_CASE("a check sees what adapters cannot serve, without a package") {
  const std::string graph = file_of("loud.graph", "dynamic { x: f32[S] @audio; }\nblock entry { emit x; }\n");
  const Ran check = ran("oinf-run --check " + graph);
  CHECK(check.status == 3);
  CHECK(has(check.error, "loud.graph:1:21"));
  CHECK(has(check.error, "@audio(rate=16000)"));
}

TEST_CASE("texts need the tokenizer of a package, and a forgotten one is named") {
  const std::string graph =
      file_of("speak.graph", "dynamic { t: i32[T] @text @default(\"hi\"); }\nblock entry { emit t @text; }\n");
  CHECK(has(ran("oinf-run " + graph + " --prompt hello").error, "--prompt is for graphs"));
  CHECK(has(ran("oinf-run " + graph).error, "needs the tokenizer of a package"));
  CHECK(has(ran("oinf-run " + graph + " --input t=hello").error, "none was given"));
  CHECK(has(ran("oinf-run " + graph + " --input t=@" + file_of("ids.json", "[1, 2]")).error, "none was given"));
}

TEST_CASE("sizes that nobody gave are the least that the graph can have") {
  const std::string graph =
      file_of("pieces.graph",
              "dynamic { x: f32[n, 2]; }\nblock entry {\n  transfer x[..n - 3] >> y: f32[n - 3, 2];\n"
              "  op reshape(x) >> z: f32[n / 6, 12];\n  emit y;\n  emit z;\n}\n");
  const Ran plan = ran("oinf-run " + graph + " --plan --json");
  INFO(plan.error);
  REQUIRE(plan.status == 0);
  CHECK(json::parse(plan.out)["assumed_sizes"]["n"] == 6);
  CHECK(ran("oinf-run " + graph + " --explain").status == 0);
}

TEST_CASE("a plan says of tables that grow that they count what they hold") {
  const std::string graph = file_of(
      "grow.graph",
      "dynamic { n: i32; }\npersistent { log(i): f32[1024] @table; }\nblock entry {\n"
      "  op fill(value=1.0) >> row: f32[1024];\n  loop l (i in 0..n) { cache.write row >> log[i]; }\n  emit n;\n}\n");
  const Ran plan = ran("oinf-run " + graph + " --plan");
  REQUIRE(plan.status == 0);
  CHECK(has(plan.out, "`log` has no bound: it counts what it holds now"));
  CHECK(ran("oinf-run " + graph + " --input n=100 --memory-limit 1M").status == 0);
  const Ran refused = ran("oinf-run " + graph + " --input n=1000 --memory-limit 1M");
  CHECK(refused.status == 1);
  CHECK(has(refused.error, "error[R0009]"));
  CHECK(has(refused.error, "`log` asks for"));
}

TEST_CASE("a plan that does not fit is printed all the same, and refused with the same figure as the run") {
  const std::string story = packed("storyteller");
  const std::string limit = " --memory-limit 20M --threads 1";
  const Ran plan = ran("oinf-run " + story + " --prompt Once --plan --json" + limit);
  CHECK(plan.status == 1);
  const json j = json::parse(plan.out);
  CHECK(j["fits"] == false);
  CHECK(j["refused"]["code"] == "R0009");
  const std::string need = "the run needs " + std::to_string(j["bytes"]["total"].get<int64_t>()) + " bytes";
  CHECK(has(plan.error, need));
  const Ran run = ran("oinf-run " + story + " --prompt Once" + limit);
  CHECK(has(run.error, need));
  CHECK(has(run.error, "note: of it: weights "));
  const Ran table = ran("oinf-run " + story + " --prompt Once --plan" + limit);
  CHECK(table.status == 1);
  CHECK(has(table.out, "total"));
  CHECK(has(table.error, need));
  const Ran explain = ran("oinf-run " + story + " --explain" + limit);
  CHECK(explain.status == 1);
  CHECK(has(explain.out, "kernels"));
  CHECK(has(explain.error, "error[R0009]"));

  const std::string graph = file_of(
      "huge.graph",
      "persistent { huge: f32[4000000, 1000000]; }\nblock entry {\n  op sum_axis(huge[0]) >> s: f32;\n  emit s;\n}\n");
  const Ran huge = ran("oinf-run " + graph + " --plan --json");
  CHECK(huge.status == 1);
  CHECK(json::parse(huge.out)["bytes"]["caches"] == 16000000000000);
  CHECK(has(huge.error, "error[R0006]: the run is sure to write 16000000000"));
  CHECK(ran("oinf-run " + story + " --plan --memory-limit 1G").status == 0);
}

TEST_CASE("a memory limit refuses before the run and names what is largest") {
  const Ran r = ran("oinf-run " + packed("storyteller") + " --prompt Once --memory-limit 20M");
  CHECK(r.status == 1);
  CHECK(r.out.empty());
  CHECK(has(r.error, "error[R0009]: the run needs "));
  CHECK(has(r.error, "the limit is 20971520 bytes (20.0 MiB)"));
  CHECK(has(r.error, "`keys` takes 4194304 bytes"));
  CHECK(has(r.error, "llama.graph:"));
}
