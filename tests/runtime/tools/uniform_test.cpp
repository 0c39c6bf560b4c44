// What all tools share: versions, help, completions.
#include <catch2/catch.hpp>
#include <string>

#include "ran.h"

using namespace openinfer::testing;

TEST_CASE("every tool says its version and numerics_id, and shows examples") {
  for (const std::string tool : {"oinf-run", "oinf-pack", "oinf-fmt", "oinf-opt", "oinf-trace"}) {
    const Ran version = ran(tool + " --version");
    INFO(tool << "\n" << version.out);
    CHECK(version.status == 0);
    CHECK(has(version.out, tool + " "));
    CHECK(has(version.out, "\nnumerics_id "));
    CHECK(version.error.empty());
    const Ran help = ran(tool + " --help");
    CHECK(help.status == 0);
    CHECK(has(help.out, "Examples:"));
    CHECK(has(help.out, "  " + tool + " "));
    const Ran wrong = ran(tool + " --no-such-option");
    CHECK(wrong.status == 2);
    CHECK(wrong.out.empty());
  }
}

TEST_CASE("an unknown subcommand or option names the nearest one") {
  const auto refused = [](const std::string& line, const std::string& what, const std::string& near) {
    const Ran r = ran(line);
    INFO(line << "\n" << r.error);
    CHECK(r.status == 2);
    CHECK(r.out.empty());
    CHECK(has(r.error, "error[U0001]: unknown " + what + "\n  = help: did you mean `" + near + "`?"));
  };
  refused("oinf-pack konvert x", "subcommand `konvert`", "convert");
  refused("oinf-trace sumary x", "subcommand `sumary`", "summary");
  refused("oinf-pack convert x --ouput=y", "option `--ouput`", "--output");
  refused("oinf-trace report x --outptu y", "option `--outptu`", "--output");
  refused("oinf-fmt --chek x", "option `--chek`", "--check");
  refused("oinf-opt --emti json x", "option `--emti`", "--emit");
  refused("oinf-run --promt x", "option `--promt`", "--prompt");
}

TEST_CASE("the help of oinf-run names the variable that chooses the instruction set") {
  const Ran help = ran("oinf-run --help");
  CHECK(has(help.out, "\nEnvironment:\n  OINF_ISA "));
  for (const std::string isa : {"portable", "avx2", "avx512", "avx512vnni", "neon"}) {
    INFO(isa);
    CHECK(has(help.out, isa));
    // It is known: either it runs, or this processor lacks it.
    const Ran run = ran("env OINF_ISA=" + isa + " oinf-run --version");
    CHECK(has(run.out, "\nisa " + isa + "\n") != has(run.out, "which this processor lacks"));
  }
}

TEST_CASE("bash completes options and commands") {
  const auto completed = [](const std::string& words, int at) {
    return ran("bash -c 'source " OPENINFER_SOURCE_DIR "/runtime/install/completions/openinfer.bash; COMP_WORDS=(" +
               words + "); COMP_CWORD=" + std::to_string(at) + "; _openinfer; echo ${COMPREPLY[*]}'")
        .out;
  };
  CHECK(completed("oinf-run --mem", 1) == "--memory-limit\n");
  CHECK(has(completed("oinf-run --bench-", 1), "--bench-prompt"));
  CHECK(completed("oinf-pack ins", 1) == "inspect\n");
  CHECK(has(completed("oinf-pack convert --", 2), "--dtype"));
  CHECK(completed("oinf-trace sum", 1) == "summary\n");
  CHECK(has(completed("oinf-trace summary --", 2), "--gflops"));
  CHECK(completed("oinf-fmt --ch", 1) == "--check\n");
  CHECK_FALSE(has(completed("oinf-run -", 1), "OINF"));
}

TEST_CASE("a benchmark longer than the context is refused up front, and one that stops early says so") {
  const std::string story = packed("storyteller");
  const Ran long_prompt = ran("oinf-run " + story + " --bench --bench-prompt 1000 --bench-generate 100");
  CHECK(long_prompt.status == 2);
  CHECK(has(long_prompt.error, "need 1100 tokens, ctx is 1024"));
  CHECK(has(long_prompt.error, "--size ctx=1100"));
  // A graph of its own that ends after three tokens.
  const std::string graph = file_of("three.graph",
                                    "dynamic { ids: i32[n] @text; }\nblock entry {\n"
                                    "  loop l (i in 0..3) { emit ids[0] @text; }\n}\n");
  const Ran early =
      ran("oinf-run " + graph + " " + story + " --bench --bench-prompt 4 --bench-generate 10 --reps 1 --json");
  INFO(early.error);
  CHECK(early.status == 0);
  CHECK(has(early.error, "note: the graph ended its step after 3 of 10 tokens"));
  CHECK(has(early.out, "\"stopped_early\": true"));
}
