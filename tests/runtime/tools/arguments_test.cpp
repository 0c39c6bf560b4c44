// Every option of oinf-run with what nobody should type: the list of options is --help's own, so none is forgotten.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "ran.h"

using namespace openinfer::testing;

namespace {

enum class Takes : uint8_t { nothing, one, many };

// Options by name, as --help shows them.
std::map<std::string, Takes> options() {
  std::map<std::string, Takes> found;
  std::istringstream help(ran("oinf-run --help").out);
  bool here = false;
  for (std::string line; std::getline(help, line);) {
    if (line == "Options:") here = true;
    if (line == "Examples:") break;
    const size_t at = line.find("--");
    if (!here || !line.starts_with("  -") || at == std::string::npos) continue;
    const std::string rest = line.substr(at, 27);
    const size_t end = rest.find(' ');
    const std::string after = end + 1 < rest.size() ? rest.substr(end + 1) : "";
    found[rest.substr(0, end)] = after.empty() || after[0] == ' ' ? Takes::nothing
                                 : line.find(" ... ") < 30        ? Takes::many
                                                                  : Takes::one;
  }
  return found;
}

struct Case {
  const char* arguments;
  int status;
  const char* message;
};

constexpr const char* kGraph = R"(graph arguments version 1;
sizes { rows ?= 3; }
dynamic { x: f32[n]; temperature: f32 @default(1.0); seed: u64 @default(0); }
volatile { kept: f32[rows]; }
block entry {
  op mul(x, temperature) >> y: f32[n];
  emit y;
  op add(kept, 1.0) >> kept;
  op cast(seed, to=f32) >> s: f32;
  emit s;
}
block other { emit x; }
)";

// For each option: empty, garbage, overflow, below zero, twice, against another. GRAPH is the graph above, with
// --input x='[1, 2]'; STORY is a language model; DIR a folder.
const std::map<std::string, std::vector<Case>> kCases = {
    {"--help", {{"GRAPH --help --json", 0, ""}}},
    {"--input",
     {{"GRAPH --input ''", 2, "--input takes NAME=VALUE, not nothing"},
      {"GRAPH --input temperature", 2, "--input takes NAME=VALUE, not `temperature`"},
      {"GRAPH --input =1", 2, "--input takes NAME=VALUE, not `=1`"},
      {"GRAPH --input temperature=", 5, "error[I0006]: `temperature`: expected a number"},
      {"GRAPH --input temperature=warm", 5, "error[I0006]: `temperature`: expected a number"},
      {"GRAPH --input seed=18446744073709551616", 5, "error[I0005]"},
      {"GRAPH --input seed=-1", 5, "error[I0005]"},
      {"GRAPH --input tempertaure=1", 5, "did you mean `temperature`?"},
      {"GRAPH --input x=1", 2, "`x` is given twice by --input"},
      {"GRAPH --input temperature=@DIR/nothing", 5, "cannot be opened"},
      {"GRAPH --input temperature=@- --input seed=@-", 2, "standard input is read twice, by --input temperature=@-"},
      {"STORY --input tokens=Once --prompt Twice", 2, "`tokens` is given twice, by --input and by --prompt"}}},
    {"--output",
     {{"GRAPH --output ''", 2, "--output takes NAME=FILE, not nothing"},
      {"GRAPH --output y", 2, "--output takes NAME=FILE, not `y`"},
      {"GRAPH --output y=", 2, "--output takes NAME=FILE, not `y=`"},
      {"GRAPH --output y=DIR/y.exe", 2, "the suffix must be .npy"},
      {"GRAPH --output yy=DIR/y.npy", 5, "error[I0008]"},
      {"GRAPH --output kepd=DIR/y.npy", 5, "did you mean `kept`?"},
      {"GRAPH --output y=DIR/none/y.npy", 1, "error[R0007]"},
      {"GRAPH --output y=DIR/y.npy --output y=DIR/z.npy", 2, "`y` is given twice by --output"},
      {"GRAPH --output y=DIR/y.npy --output s=DIR/./y.npy", 2,
       "would be written twice, by --output y and by --output s"},
      {"GRAPH --bench --output y=DIR/y.npy", 2, "--bench measures, and keeps no --output"}}},
    {"--set",
     {{"GRAPH --set ''", 2, "--set takes NAME=VALUE, not nothing"},
      {"GRAPH --set temperature", 2, "--set takes NAME=VALUE, not `temperature`"},
      {"GRAPH --set temperature=", 5, "error[I0006]"},
      {"GRAPH --set temperature=hot", 5, "error[I0006]"},
      {"GRAPH --set seed=99999999999999999999", 5, "error[I0005]"},
      {"GRAPH --set seed=-1", 5, "error[I0005]"},
      {"GRAPH --set temperatur=1", 5, "did you mean `temperature`?"},
      {"GRAPH --set temperature=1 --set temperature=2", 2, "`temperature` is given twice by --set"},
      {"GRAPH --set x=1", 2, "`x` is given twice, by --input and by --set"},
      {"STORY --set tokens=1", 2, "--set gives scalars, and `tokens` is none"},
      {"GRAPH --check --set foo=1", 5, "reads no input `foo`"}}},
    {"--size",
     {{"GRAPH --size ''", 2, "--size takes NAME=VALUE, not nothing"},
      {"GRAPH --size rows", 2, "--size takes NAME=VALUE, not `rows`"},
      {"GRAPH --size rows=", 2, "error[U0001]"},
      {"GRAPH --size rows=many", 2, "`rows`: `many` is no whole number"},
      {"GRAPH --size rows=99999999999999999999", 2, "does not fit 64 bits"},
      {"GRAPH --size rows=-1", 2, "size `rows` cannot be -1"},
      {"GRAPH --size rowss=1", 2, "did you mean `rows`?"},
      {"GRAPH --check --size rowss=1", 2, "did you mean `rows`?"},
      {"GRAPH --size rows=1 --size rows=2", 2, "`rows` is given twice by --size"}}},
    {"--prompt",
     {{"STORY --prompt ''", 5, "error[I0001]: the prompt has no tokens"},
      {"GRAPH --prompt Once", 5, "error[I0009]"},
      {"STORY --prompt Once --prompt-file -", 2, "--prompt and --prompt-file give one value"},
      {"STORY --prompt Once --bench --bench-prompt 4", 2, "--prompt and --bench-prompt give one value"}}},
    {"--prompt-file",
     {{"STORY --prompt-file ''", 2, "--prompt-file takes a file, not nothing"},
      {"STORY --prompt-file DIR/nothing", 5, "cannot be opened"},
      {"STORY --prompt-file - --debug", 2, "standard input is read twice, by --debug and by --prompt-file -"},
      {"STORY --prompt-file - --input tokens=@-", 2, "standard input is read twice"}}},
    {"--entry",
     {{"GRAPH --entry ''", 2, "--entry takes a block, not nothing"},
      {"GRAPH --entry othr", 3, "did you mean `other`?"}}},
    {"--device",
     {{"GRAPH --device ''", 2, "--device takes cpu or auto, not nothing"},
      {"GRAPH --device cpus", 2, "did you mean `cpu`?"}}},
    {"--threads",
     {{"GRAPH --threads ''", 2, "--threads takes a whole number from 1 to 256, not nothing"},
      {"GRAPH --threads two", 2, "not `two`"},
      {"GRAPH --threads 99999999999999999999", 2, "not `99999999999999999999`"},
      {"GRAPH --threads 0", 2, "not `0`"},
      {"GRAPH --threads -1", 2, "not `-1`"},
      {"GRAPH --threads 1.5", 2, "not `1.5`"}}},
    {"--seed",
     {{"GRAPH --seed ''", 2, "--seed takes a whole number from 0 to 18446744073709551615, not nothing"},
      {"GRAPH --seed x", 2, "not `x`"},
      {"GRAPH --seed 18446744073709551616", 2, "not `18446744073709551616`"},
      {"GRAPH --seed -1", 2, "not `-1`"},
      {"GRAPH --seed 1 --set seed=1", 2, "`seed` is given twice, by --set and by --seed"},
      {"GRAPH --seed 1 --input seed=1", 2, "`seed` is given twice, by --input and by --seed"},
      {"GRAPH --entry other --seed 1", 5, "reads no input `seed`"}}},
    {"--numerics",
     {{"GRAPH --numerics ''", 2, "--numerics takes native, not nothing"},
      {"GRAPH --numerics fast", 2, "--numerics takes native, not `fast`"}}},
    {"--check",
     {{"GRAPH --check=maybe", 2, "--check takes no value"},
      {"GRAPH --check --plan", 2, "--check and --plan are two tasks"},
      {"GRAPH --check --trace DIR/t.json", 2, "--trace watches a run, and --check runs nothing"}}},
    {"--explain",
     {{"GRAPH --explain --bench", 2, "--explain and --bench are two tasks"},
      {"GRAPH --explain --dump entry:0=DIR/d.npy", 2, "--dump watches a run"}}},
    {"--plan",
     {{"GRAPH --plan --explain", 2, "--explain and --plan are two tasks"},
      {"GRAPH --plan --memory-limit 1", 1, "error[R0009]"}}},
    {"--memory-limit",
     {{"GRAPH --memory-limit ''", 2, "--memory-limit takes bytes above 0"},
      {"GRAPH --memory-limit all", 2, "not `all`"},
      {"GRAPH --memory-limit 2e19", 2, "not `2e19`"},
      {"GRAPH --memory-limit 99999999999999999999", 2, "not `99999999999999999999`"},
      {"GRAPH --memory-limit 99999999999G", 2, "not `99999999999G`"},
      {"GRAPH --memory-limit 0", 2, "not `0`"},
      {"GRAPH --memory-limit -1", 2, "not `-1`"},
      {"GRAPH --memory-limit 1Q", 2, "not `1Q`"},
      {"GRAPH --memory-limit 5", 1, "error[R0009]"}}},
    {"--bench",
     {{"GRAPH --bench --debug", 2, "--bench and --debug are two tasks"},
      {"GRAPH --bench --dump entry:0=DIR/d.npy", 2, "no --dump"}}},
    {"--reps",
     {{"GRAPH --bench --reps ''", 2, "--reps takes a whole number from 1 to 10000, not nothing"},
      {"GRAPH --bench --reps few", 2, "not `few`"},
      {"GRAPH --bench --reps 0", 2, "not `0`"},
      {"GRAPH --bench --reps -2", 2, "not `-2`"},
      {"GRAPH --bench --reps 10001", 2, "not `10001`"},
      {"GRAPH --reps 2", 2, "--reps needs --bench"}}},
    {"--bench-prompt",
     {{"STORY --bench --bench-prompt ''", 2, "--bench-prompt takes a whole number"},
      {"STORY --bench --bench-prompt long", 2, "not `long`"},
      {"STORY --bench --bench-prompt 0", 2, "not `0`"},
      {"STORY --bench --bench-prompt -4", 2, "not `-4`"},
      {"STORY --bench --bench-prompt 99999999999", 2, "not `99999999999`"},
      {"STORY --bench-prompt 4", 2, "--bench-prompt needs --bench"},
      {"GRAPH --bench --bench-prompt 4", 2, "--bench-prompt is for graphs with a @text input"},
      {"STORY --bench --bench-prompt 4 --input tokens=Once", 2, "`tokens` is given twice, by --input"}}},
    {"--bench-context",
     {{"STORY --bench --bench-context ''", 2, "--bench-context takes a whole number"},
      {"STORY --bench --bench-context far", 2, "not `far`"},
      {"STORY --bench --bench-context -4", 2, "not `-4`"},
      {"STORY --bench --bench-context 99999999999", 2, "not `99999999999`"},
      {"STORY --bench-context 4", 2, "--bench-context needs --bench"},
      {"STORY --bench --bench-context 1000000", 2, "--size ctx="},
      {"STORY --bench --bench-context 4 --prompt Once", 2, "--prompt and --bench-context give one value"}}},
    {"--bench-generate",
     {{"STORY --bench --bench-generate ''", 2, "--bench-generate takes a whole number"},
      {"STORY --bench --bench-generate on", 2, "not `on`"},
      {"STORY --bench --bench-generate -4", 2, "not `-4`"},
      {"STORY --bench --bench-generate 99999999999", 2, "not `99999999999`"},
      {"STORY --bench-generate 4", 2, "--bench-generate needs --bench"},
      {"STORY --bench --bench-generate 4 --set max_new_tokens=5", 2,
       "`max_new_tokens` is given twice, by --set and by --bench-generate"}}},
    {"--trace",
     {{"GRAPH --trace ''", 2, "--trace takes a file, not nothing"},
      {"GRAPH --trace DIR/none/t.json", 1, "error[R0007]"},
      {"GRAPH --trace DIR/t.json --output y=DIR/t.json", 2, "would be written twice, by --output y and by --trace"},
      {"GRAPH --trace DIR/t.json --output nothing=DIR/n.npy", 5, "error[I0008]"},
      {"GRAPH --trace DIR/t.json --plan", 2, "--trace watches a run"}}},
    {"--trace-level",
     {{"GRAPH --trace DIR/t.json --trace-level ''", 2, "takes time, stats, digest or full, not nothing"},
      {"GRAPH --trace DIR/t.json --trace-level digests", 2, "did you mean `digest`?"},
      {"GRAPH --trace-level time", 2, "--trace-level needs --trace FILE"}}},
    {"--dump",
     {{"GRAPH --dump ''", 2, "--dump takes BLOCK:NODE=FILE, not nothing"},
      {"GRAPH --dump entry:0", 2, "--dump takes BLOCK:NODE=FILE, not `entry:0`"},
      {"GRAPH --dump entry:0=", 2, "--dump takes BLOCK:NODE=FILE, not `entry:0=`"},
      {"GRAPH --dump entry=DIR/d.npy", 2, "not `entry`"},
      {"GRAPH --dump entry:x=DIR/d.npy", 2, "not `entry:x`"},
      {"GRAPH --dump entry:99999999999=DIR/d.npy", 2, "not `entry:99999999999`"},
      {"GRAPH --dump entry:-1=DIR/d.npy", 2, "not `entry:-1`"},
      {"GRAPH --dump entry:77=DIR/d.npy", 2, "`entry` has nodes 0 to "},
      {"GRAPH --dump entri:0=DIR/d.npy", 2, "did you mean `entry`?"},
      {"GRAPH --dump entry:0=DIR/d.npy --dump entry:1=DIR/d.npy", 2, "would be written twice"}}},
    {"--chat",
     {{"STORY --chat=1", 2, "--chat takes no value"},
      {"STORY --chat --bench", 2, "--bench and --chat are two tasks"},
      {"STORY --chat --prompt x", 2, "no --prompt"},
      {"STORY --chat --output tokens=x.npy", 2, "keeps no --output"},
      {"STORY --chat --json", 2, "has no --json"},
      {"STORY --chat --set temperature=@-", 2, "standard input is read twice, by --chat"}}},
    {"--context-shift",
     {{"STORY --context-shift", 2, "--context-shift needs --chat"},
      {"STORY --chat --context-shift=1", 2, "--context-shift takes no value"}}},
    {"--session",
     {{"GRAPH --session ''", 2, "--session takes a file, not nothing"},
      {"GRAPH --session DIR/none/s", 1, "error[R0007]"},
      {"GRAPH --session DIR", 5, "error[I0006]"},
      {"GRAPH --session DIR/s --output y=DIR/s", 2, "would be written twice, by --output y and by --session"},
      {"GRAPH --session DIR/s --check", 2, "--check runs nothing"},
      {"GRAPH --session DIR/s --bench", 2, "no --session"}}},
    {"--stop",
     {{"STORY --prompt x --stop ''", 2, "--stop takes a text, not nothing"},
      {"STORY --stop x --plan", 2, "--plan shows none"}}},
    {"--logprobs",
     {{"GRAPH --logprobs ''", 2, "--logprobs takes a whole number from 1 to 1000, not nothing"},
      {"GRAPH --logprobs few", 2, "not `few`"},
      {"GRAPH --logprobs 0", 2, "not `0`"},
      {"GRAPH --logprobs 1001", 2, "not `1001`"},
      {"GRAPH --logprobs 3", 2, "choose tokens by op `sample`"},
      {"STORY --logprobs 3 --chat", 2, "--chat does not"},
      {"STORY --logprobs 3 --explain", 2, "--explain does not"}}},
    {"--system", {{"STORY --system x", 2, "--system needs --chat"}}},
    {"--debug",
     {{"GRAPH --debug --plan", 2, "--plan and --debug are two tasks"},
      {"GRAPH --debug --set temperature=@-", 2, "standard input is read twice, by --debug"}}},
    {"--json", {{"GRAPH --json=yes", 2, "--json takes no value"}}},
    {"--list",
     {{"--list --devices", 2, "--list and --devices are two tasks"}, {"GRAPH --list=1", 2, "--list takes no value"}}},
    {"--devices", {{"--devices --version", 2, "--devices and --version are two tasks"}}},
    {"--version", {{"--version --check", 2, "--check and --version are two tasks"}}},
};

std::string line_of(const std::string& arguments) {
  static const std::string graph = file_of("arguments.graph", kGraph);
  std::string line = "oinf-run " + arguments;
  const auto replace = [&](const std::string& word, const std::string& by) {
    for (size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + by.size()))
      line.replace(at, word.size(), by);
  };
  replace("GRAPH", graph + " --input x='[1, 2]'");
  if (has(line, "STORY")) replace("STORY", packed("storyteller"));
  replace("DIR", folder() + "/made");
  return line + " </dev/null";
}

// It says why, prints nothing, and leaves nothing behind.
void refused(const std::string& arguments, int status, const std::string& message) {
  std::filesystem::create_directories(folder() + "/made");
  const std::string line = line_of(arguments);
  const Ran r = ran(line);
  INFO(line << "\n" << r.out << r.error);
  CHECK(r.status == status);
  CHECK(has(r.error, message));
  if (status == 0) return;
  CHECK(has(r.error, "error["));
  CHECK((r.out.empty() || has(arguments, "--plan")));
  CHECK(std::filesystem::is_empty(folder() + "/made"));
}

}  // namespace

TEST_CASE("every option refuses what it cannot take, and leaves nothing behind") {
  const auto all = options();
  REQUIRE(all.size() > 20);
  for (const auto& [name, takes] : all) {
    INFO(name);
    CHECK(kCases.contains(name));
    if (takes == Takes::nothing) continue;
    refused("GRAPH " + name, 2, "error[U0001]: " + name + " needs a value");
    if (takes == Takes::one)
      refused("GRAPH " + name + " 1 " + name + " 1", 2, "error[U0001]: " + name + " is given twice");
  }
  for (const auto& [name, cases] : kCases) {
    CHECK(all.contains(name));
    for (const Case& c : cases) refused(c.arguments, c.status, c.message);
  }
}

TEST_CASE("options and files that are not there are named") {
  refused("GRAPH --thread 1", 2, "error[U0001]: unknown option `--thread`\n  = help: did you mean `--threads`?");
  refused("GRAPH -q", 2, "unknown option `-q`");
  refused("", 2, "nothing to run");
  refused("DIR/none.graph", 4, "none.graph");
  refused("DIR/none.oinf", 4, "none.oinf");
  refused("GRAPH DIR/a.oinf DIR/b.oinf", 2, "two packages were given");
}

TEST_CASE("sizes in bytes are read in every spelling") {
  for (const char* size : {"1G", "1g", "1GiB", "1 GB", "1073741824", "1048576K", "1024 MiB", "1073741824B"}) {
    const Ran r = ran(line_of("GRAPH --plan --memory-limit '" + std::string(size) + "'"));
    INFO(size << "\n" << r.error);
    CHECK(r.status == 0);
  }
}
