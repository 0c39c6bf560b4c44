#include "runtime/tools/run_arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "runtime/tools/number_argument.h"

namespace openinfer {
namespace {

constexpr const char* kExamples = R"(Examples:
  oinf-run storyteller.oinf --prompt "The Fox and the Crow"     text in, text out
  oinf-run llama.graph model.oinf --set temperature=0           another graph, no chance
  oinf-run smollm2.oinf --chat --system "Answer in one line."   a conversation on the terminal
  oinf-run smollm2.oinf --chat --session talk.session           the same another day, caches and all
  oinf-run --list                                               which models fit this machine
  oinf-run vit.graph digits.oinf --input pixels=@digit.npy      labels with their shares
  oinf-run model.oinf --input x='[[1, 2]]' --output y=y.npy     any tensor in, any out
  oinf-run --check model.graph                                  all errors at once
  oinf-run model.oinf --plan --size ctx=8192                    the exact memory, without loading
  oinf-run model.oinf --plan --memory-limit 2G                  whether that would fit
  oinf-run model.oinf --prompt "Once" --trace run.json          what each node did and took
  oinf-run model.graph --input x=@x.npy --dump entry:3=y.npy    what one node wrote
  oinf-run model.graph --input x=@x.npy --debug                 node by node
  oinf-run model.oinf --bench --bench-prompt 64 --bench-generate 32 --threads 1

Environment:
  OINF_ISA    which kernels run: portable, avx2, avx512, avx512vnni or neon (default: the best of this processor);
              results do not depend on it; --version names the best

Exit status: 0 done, 1 failed while running, 2 wrong usage, 3 graph refused, 4 package refused, 5 input refused, 130 interrupted.
)";

Diagnostic wrong(std::string message) { return {Code::U0001, std::move(message)}; }

using Named = std::vector<std::pair<std::string, std::string>>;

// A file has a name; a value may be the empty text.
Status split(const char* option, std::string_view takes, const std::vector<std::string>& given, Named& out) {
  for (const std::string& s : given) {
    const size_t at = s.find('=');
    if (at == std::string::npos || at == 0 || (takes.ends_with("FILE") && at + 1 == s.size()))
      return wrong(std::string(option) + " takes " + std::string(takes) + ", not " +
                   (s.empty() ? "nothing" : "`" + s + "`"));
    out.emplace_back(s.substr(0, at), s.substr(at + 1));
  }
  return {};
}

// What is typed where a number or one of some words is wanted.
struct Texts {
  std::vector<std::string> inputs, outputs, sets, sizes, dumps;
  std::string threads, seed, memory_limit, logprobs, reps, bench_prompt, bench_context, bench_generate;
};

void declare(CLI::App& app, RunOptions& o, Texts& t) {
  const auto named = [&](const char* name, std::vector<std::string>& list, const char* takes, const char* what) {
    app.add_option(name, list, what)->type_name(takes)->take_all()->allow_extra_args(false);
  };
  const auto one = [&](const char* name, std::string& text, const char* takes, const char* what) {
    app.add_option(name, text, what)->type_name(takes);
  };
  const auto flag = [&](const char* name, bool& asked, const char* what) {
    app.add_flag(name, asked, what)->disable_flag_override();
  };
  app.add_option("files", o.files, "[GRAPH] MODEL: a .graph file and a .oinf package; either may be left out")
      ->type_name("FILE");
  named("--input", t.inputs, "NAME=VALUE", "a value for an input: number, JSON, text, @FILE, @[ids] of a text");
  named("--output", t.outputs, "NAME=FILE", "where a value goes: .npy .safetensors .json .txt, .png .wav .flac");
  named("--set", t.sets, "NAME=VALUE", "a scalar input, such as temperature=0");
  named("--size", t.sizes, "NAME=VALUE", "a size that the graph lets the caller set, such as ctx=8192");
  one("--prompt", o.prompt, "TEXT", "the value of the graph's one @text input without a default");
  one("--prompt-file", o.prompt_file, "FILE", "the same, from a file; - is standard input");
  flag("--chat", o.chat, "a conversation through the package's chat template; /help lists its commands");
  one("--system", o.system, "TEXT", "with --chat: what the model is told first");
  named("--stop", o.stops, "TEXT", "a text that ends what is emitted as text, and is not shown; may be given again");
  one("--logprobs", t.logprobs, "N",
      "a line a token: its log-probability and the N likeliest; what `sample` is given counts, before temperature");
  one("--session", o.session, "FILE",
      "go on with the caches that FILE holds, if it is there, and write them to it at the end");
  flag("--context-shift", o.context_shift,
       "with --chat: when the context is full, forget the oldest messages and go on");
  one("--entry", o.entry, "BLOCK", "block to run instead of `entry`");
  one("--device", o.device, "DEVICE", "cpu, or auto (the best device of this build: cpu)");
  one("--threads", t.threads, "N", "1 to 256; default: the physical cores that this process may use");
  one("--seed", t.seed, "N", "the same as --set seed=N");
  one("--numerics", o.numerics, "KIND", "native");
  flag("--check", o.check, "validate only; all errors at once");
  flag("--explain", o.explain, "sizes with their sources, inputs, kernels, views");
  flag("--plan", o.plan,
       "the exact bytes by kind, without running; sizes of inputs that are not given count 1, or as little as there is "
       "a plan for (--size gives others)");
  one("--memory-limit", t.memory_limit, "SIZE",
      "refuse a step that would pass it, tables that grow included; bytes (K, M, G: binary)");
  flag("--bench", o.bench, "measure instead of printing");
  one("--reps", t.reps, "N", "with --bench: measured runs, 1 to 10000; one before them warms up");
  one("--bench-prompt", t.bench_prompt, "N", "with --bench: so many seeded tokens as the prompt");
  one("--bench-context", t.bench_context, "N", "with --bench: so many seeded tokens in the cache first");
  one("--bench-generate", t.bench_generate, "N", "with --bench: generate so many tokens; stop tokens end nothing");
  one("--trace", o.trace, "FILE", "write a trace: for Perfetto, chrome://tracing and oinf-trace");
  one("--trace-level", o.trace_level, "LEVEL",
      "with --trace: time, stats, digest or full; what it says of each node, each with those before it");
  named("--dump", t.dumps, "BLOCK:NODE=FILE", "the value that a node writes: .npy .safetensors .json .txt");
  flag("--debug", o.debug, "stop before nodes and take commands: step, break, print, set; `help` lists them");
  flag("--json", o.json,
       "JSON: of a run one object a line and emission; of --bench, --plan, --explain, --list, --version and --devices "
       "one in all");
  flag("--list", o.list, "list models that are known by name, what they take, and what fits this machine");
  flag("--devices", o.devices, "list the devices of this machine");
  flag("--version", o.version, "version, numerics_id, instruction sets, devices");
}

Status read_numbers(const CLI::App& app, const Texts& t, RunOptions& o) {
  constexpr uint64_t kMostTokens = 1 << 20;
  const auto take = [&](const char* option, const std::string& text, uint64_t least, uint64_t most,
                        auto& to) -> Status {
    if (app.count(option) == 0) return {};
    OINF_ASSIGN(const uint64_t n, whole_number_argument(option, text, least, most));
    to = static_cast<std::remove_reference_t<decltype(to)>>(n);
    return {};
  };
  OINF_TRY(take("--threads", t.threads, 1, 256, o.threads));
  OINF_TRY(take("--logprobs", t.logprobs, 1, 1000, o.logprobs));
  OINF_TRY(take("--reps", t.reps, 1, 10000, o.reps));
  OINF_TRY(take("--bench-prompt", t.bench_prompt, 1, kMostTokens, o.bench_prompt));
  OINF_TRY(take("--bench-context", t.bench_context, 1, kMostTokens, o.bench_context));
  OINF_TRY(take("--bench-generate", t.bench_generate, 1, kMostTokens, o.bench_generate));
  if (app.count("--seed") != 0) {
    OINF_ASSIGN(o.seed, whole_number_argument("--seed", t.seed, 0, UINT64_MAX));
  }
  if (app.count("--memory-limit") != 0) {
    OINF_ASSIGN(o.memory_limit, bytes_argument("--memory-limit", t.memory_limit));
  }
  return {};
}

Status one_of(const char* option, const std::string& text, const std::vector<std::string_view>& words) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return {};
  std::string list;
  for (size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + std::string(words[i]);
  Diagnostic d =
      wrong(std::string(option) + " takes " + list + ", not " + (text.empty() ? "nothing" : "`" + text + "`"));
  if (const std::string_view near = nearest_name(text, words); !near.empty())
    d.help = "did you mean `" + std::string(near) + "`?";
  return d;
}

// Nothing where something must stand.
Status not_empty(const CLI::App& app, const char* option, const std::string& text, const char* takes) {
  if (app.count(option) == 0 || !text.empty()) return {};
  return wrong(std::string(option) + " takes " + takes + ", not nothing");
}

Status unknown(const CLI::App& app, const std::vector<std::string>& rest) {
  if (rest.empty()) return {};
  const std::string name = rest[0].substr(0, rest[0].find('='));
  Diagnostic d = wrong("unknown option `" + name + "`");
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_positional() && !option->get_lnames().empty()) names.push_back("--" + option->get_lnames()[0]);
  const std::string_view near = nearest_name(name, std::vector<std::string_view>(names.begin(), names.end()));
  d.help = near.empty() ? "oinf-run --help lists the options" : "did you mean `" + std::string(near) + "`?";
  return d;
}

}  // namespace

Result<RunArguments> parse_run_arguments(int argc, const char* const* argv) {
  RunArguments r;
  RunOptions& o = r.options;
  Texts t;
  CLI::App app{"Runs a graph on a package of weights.", "oinf-run"};
  app.footer(kExamples);
  app.allow_extras();
  try {
    declare(app, o, t);
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    r.help = app.help();
    return r;
  } catch (const CLI::ArgumentMismatch& e) {
    // "--seed: 1 required N missing", or an option twice.
    const std::string text = e.what();
    if (text.find("flag override") != std::string::npos)
      return wrong("--" + text.substr(0, text.find(' ')) + " takes no value");
    const std::string option = text.substr(0, text.find(':'));
    return wrong(text.find("missing") != std::string::npos ? option + " needs a value" : option + " is given twice")
        .with_help("oinf-run --help lists the options");
  } catch (const CLI::Error& e) {
    return wrong(e.what());
  }
  OINF_TRY(unknown(app, app.remaining()));
  OINF_TRY(read_numbers(app, t, o));
  OINF_TRY(not_empty(app, "--prompt-file", o.prompt_file, "a file"));
  OINF_TRY(not_empty(app, "--session", o.session, "a file"));
  OINF_TRY(not_empty(app, "--entry", o.entry, "a block"));
  OINF_TRY(not_empty(app, "--trace", o.trace, "a file"));
  OINF_TRY(one_of("--device", o.device, {"cpu", "auto"}));
  OINF_TRY(one_of("--numerics", o.numerics, {"native"}));
  OINF_TRY(one_of("--trace-level", o.trace_level, {"time", "stats", "digest", "full"}));
  OINF_TRY(split("--input", "NAME=VALUE", t.inputs, o.inputs));
  OINF_TRY(split("--output", "NAME=FILE", t.outputs, o.outputs));
  OINF_TRY(split("--set", "NAME=VALUE", t.sets, o.sets));
  OINF_TRY(split("--size", "NAME=VALUE", t.sizes, o.sizes));
  OINF_TRY(split("--dump", "BLOCK:NODE=FILE", t.dumps, o.dumps));
  o.has_prompt = app.count("--prompt") != 0 || app.count("--prompt-file") != 0;
  if (app.count("--prompt") != 0 && app.count("--prompt-file") != 0)
    return wrong("--prompt and --prompt-file give one value: one of them");
  if (app.count("--trace-level") != 0 && o.trace.empty()) return wrong("--trace-level needs --trace FILE");
  for (const std::string& stop : o.stops)
    if (stop.empty()) return wrong("--stop takes a text, not nothing");
  if (o.context_shift && !o.chat) return wrong("--context-shift needs --chat");
  if (app.count("--system") != 0 && !o.chat) return wrong("--system needs --chat");
  for (const char* option : {"--reps", "--bench-prompt", "--bench-context", "--bench-generate"})
    if (app.count(option) != 0 && !o.bench) return wrong(std::string(option) + " needs --bench");
  OINF_TRY(check_run_options(o));
  return r;
}

}  // namespace openinfer
