// oinf-run: runs a graph on a package.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "dsl/lower/lower.h"
#include "ir/tool_main.h"
#include "oinf/mapped_guard.h"
#include "runtime/adapters/adapter_check.h"
#include "runtime/adapters/input_value.h"
#include "runtime/openinfer.h"
#include "runtime/tools/bench.h"
#include "runtime/tools/explain.h"
#include "runtime/tools/result_printer.h"
#include "runtime/tools/run_files.h"
#include "runtime/tools/run_options.h"
#include "runtime/tools/version.h"
#include "runtime/tools/watchers.h"

namespace {

using namespace openinfer;

constexpr const char* kExamples = R"(Examples:
  oinf-run storyteller.oinf --prompt "The Fox and the Crow"     text in, text out
  oinf-run llama.graph model.oinf --set temperature=0           another graph, no chance
  oinf-run vit.graph digits.oinf --input pixels=@digit.npy      labels with their shares
  oinf-run model.oinf --input x='[[1, 2]]' --output y=y.npy     any tensor in, any out
  oinf-run --check model.graph                                  all errors at once
  oinf-run model.oinf --plan --size ctx=8192                    the exact memory, without loading
  oinf-run model.oinf --prompt "Once" --trace run.json          what each node did and took
  oinf-run model.graph --input x=@x.npy --dump entry:3=y.npy    what one node wrote
  oinf-run model.graph --input x=@x.npy --debug                 node by node
  oinf-run model.oinf --bench --bench-prompt 64 --bench-generate 32 --threads 1

Exit status: 0 done, 1 failed while running, 2 wrong usage, 3 graph refused, 4 package refused, 5 input refused, 130 interrupted.
)";

Session* running = nullptr;
void on_interrupt(int) {
  if (running) running->cancel();  // an atomic store
}

int fail(const Diagnostic& d, const SourceMap& sources) {
  std::cerr << render(d, sources);
  return exit_status(d.code);
}

Diagnostic of_prompt_file(Diagnostic d, const std::string& path) {
  d.message = "the prompt from " + (path == "-" ? std::string("standard input") : path) + ": " + d.message;
  return d;
}

// NAME=VALUE
bool split(const std::vector<std::string>& given, std::vector<std::pair<std::string, std::string>>& out,
           const char* option) {
  for (const std::string& s : given) {
    const size_t at = s.find('=');
    if (at == std::string::npos || at == 0) {
      std::cerr << render(Diagnostic(Code::U0001, std::string(option) + " takes NAME=VALUE, not `" + s + "`"));
      return false;
    }
    out.emplace_back(s.substr(0, at), s.substr(at + 1));
  }
  return true;
}

int run_step(Session& session, const RunOptions& o) {
  const SourceMap& sources = session.model().sources();
  ResultPrinter printer(session, o);
  if (Status s = printer.open(); !s) return fail(s.error(), sources);
  running = &session;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  Status status = session.step([&](const Emission& e) { return printer.emission(e); });
  if (status)
    status = printer.finish();
  else
    printer.interrupted();
  running = nullptr;
  if (!status) return fail(status.error(), sources);
  if (printer.error()) return fail(*printer.error(), sources);
  return 0;
}

int run(const RunOptions& o) {
  Report report;
  const auto files = run_files(o.files);
  if (!files) return fail(files.error(), report.sources);
  auto model = Model::open(*files, report);
  if (!model) {
    std::cerr << report.text();
    return report.status();
  }
  SessionOptions session_options;
  session_options.entry = o.entry;
  session_options.threads = o.threads;
  session_options.memory_limit = o.memory_limit;
  for (const auto& [name, value] : o.sizes) {
    const auto n = parse_size_value(name, value);
    if (!n) return fail(n.error(), report.sources);
    session_options.sizes[name] = *n;
  }
  if (o.check) {
    LowerOptions lowering;
    lowering.package = model->package();
    lowering.sizes = session_options.sizes;
    lowering.entry = o.entry;
    lowering.check_adapter = check_adapter;
    Diagnostics found;
    check(model->graph(), lowering, found);
    if (found.empty()) return 0;
    std::cerr << render(found, model->sources());
    return exit_status(found.front().code);
  }
  auto session = Session::create(model, session_options, report);
  if (!session) {
    std::cerr << report.text();
    return report.status();
  }
  const SourceMap& sources = model->sources();
  const auto set = [&](const std::pair<std::string, std::string>& v) { return session->set_value(v.first, v.second); };
  for (const auto* list : {&o.inputs, &o.sets})
    for (const auto& v : *list)
      if (Status s = set(v); !s) return fail(s.error(), sources);
  if (o.has_prompt) {
    const std::string name = session->text_input();
    if (name.empty())
      return fail(Diagnostic(Code::I0009, "--prompt is for graphs with one @text input that has no default"), sources);
    std::string text = o.prompt;
    if (!o.prompt_file.empty()) {
      auto read = read_input_file(o.prompt_file);
      if (!read) return fail(of_prompt_file(read.error(), o.prompt_file), sources);
      text = std::move(*read);
    }
    if (Status s = session->set_text(name, {text}); !s)
      return fail(o.prompt_file.empty() ? s.error() : of_prompt_file(s.error(), o.prompt_file), sources);
    if (session->elements(name) == 0)
      return fail(Diagnostic(Code::I0001, "the prompt" + (o.prompt_file.empty() ? "" : " from " + o.prompt_file) +
                                              " has no tokens: input `" + name + "` would be empty")
                      .with_help("type a text of at least one character"),
                  sources);
  }
  if (o.seed)
    if (Status s = session->set_value("seed", std::to_string(*o.seed)); !s) return fail(s.error(), sources);

  count_outputs(*session, o);
  if (o.plan) return print_plan(*session, o.json);
  if (o.explain) return print_explain(*session, o.json);
  if (o.debug && (o.bench || o.prompt_file == "-"))
    return fail(Diagnostic(Code::U0001, "--debug takes its commands from standard input, and measures nothing"),
                sources);
  auto watchers = Watchers::watch(*session, o);
  if (!watchers) return fail(watchers.error(), sources);
  // What became of the run counts first; then whether what watched it could be written.
  const auto watched = [&](int status) {
    const Status written = watchers->finish(status == 0);
    if (status != 0 || written.ok()) return status;
    return fail(written.error(), sources);
  };
  if (o.bench) return watched(run_bench(*session, o));
  return watched(run_step(*session, o));
}

int tool(int argc, char** argv) {
  CLI::App app{"Runs a graph on a package of weights.", "oinf-run"};
  app.footer(kExamples);
  RunOptions o;
  std::vector<std::string> inputs, outputs, sets, sizes, dumps;
  bool version = false;
  app.add_option("files", o.files, "[GRAPH] MODEL: a .graph file and a .oinf package; either may be left out")
      ->type_name("FILE");
  app.add_option("--input", inputs, "a value for an input: number, JSON, text, @FILE")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--output", outputs, "where a value goes: .npy .safetensors .json .txt")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  app.add_option("--set", sets, "a scalar input, such as temperature=0")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--size", sizes, "a size that the graph lets the caller set, such as ctx=8192")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  auto* prompt = app.add_option("--prompt", o.prompt, "the value of the graph's one @text input without a default")
                     ->type_name("TEXT");
  auto* prompt_file = app.add_option("--prompt-file", o.prompt_file, "the same, from a file; - is standard input")
                          ->type_name("FILE")
                          ->excludes(prompt);
  app.add_option("--entry", o.entry, "block to run instead of `entry`")->type_name("BLOCK");
  app.add_option("--device", o.device, "cpu, or auto (the best device of this build: cpu)")
      ->check(CLI::IsMember({"cpu", "auto"}));
  app.add_option("--threads", o.threads, "default: the physical cores that this process may use")
      ->check(CLI::Range(1, 256));
  uint64_t seed = 0;
  auto* seed_option = app.add_option("--seed", seed, "the same as --set seed=N");
  app.add_option("--numerics", o.numerics, "native")->check(CLI::IsMember({"native"}));
  app.add_flag("--check", o.check, "validate only; all errors at once");
  app.add_flag("--explain", o.explain, "sizes with their sources, inputs, kernels, views");
  app.add_flag("--plan", o.plan,
               "the exact bytes by kind, without running; sizes of inputs that are not given count 1, or as little as "
               "there is a "
               "plan for (--size gives others)");
  app.add_option("--memory-limit", o.memory_limit,
                 "refuse a step that would pass it, tables that grow included; bytes (K, M, G: binary)")
      ->transform(CLI::AsSizeValue(false));
  app.add_flag("--bench", o.bench, "measure instead of printing");
  app.add_option("--reps", o.reps, "measured runs; one before them warms up")->check(CLI::Range(1, 10000));
  app.add_option("--bench-prompt", o.bench_prompt, "so many seeded tokens as the prompt")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--bench-context", o.bench_context, "so many seeded tokens in the cache first")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--bench-generate", o.bench_generate, "generate so many tokens")->check(CLI::Range(1, 1 << 20));
  app.add_option("--trace", o.trace, "write a trace: for Perfetto, chrome://tracing and oinf-trace")->type_name("FILE");
  app.add_option("--trace-level", o.trace_level, "what a trace says of each node; each level has those before it")
      ->check(CLI::IsMember({"time", "stats", "digest", "full"}));
  app.add_option("--dump", dumps, "the value that a node writes: .npy .safetensors .json .txt")
      ->type_name("BLOCK:NODE=FILE")
      ->allow_extra_args(false);
  app.add_flag("--debug", o.debug, "stop before nodes and take commands: step, break, print, set; `help` lists them");
  app.add_flag("--json", o.json,
               "JSON: of a run one object a line and emission; of --bench, --plan, --explain, --version and --devices "
               "one in all");
  app.add_flag("--devices", o.devices, "list the devices of this machine");
  app.add_flag("--version", version, "version, numerics_id, instruction sets, devices");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    app.exit(e, std::cerr, std::cerr);
    return 2;
  }
  if (version) return print_version(o.json);
  if (o.devices) return print_devices(o.json);
  o.has_prompt = *prompt || *prompt_file;
  if (*seed_option) o.seed = seed;
  if (!split(inputs, o.inputs, "--input") || !split(outputs, o.outputs, "--output") || !split(sets, o.sets, "--set") ||
      !split(sizes, o.sizes, "--size") || !split(dumps, o.dumps, "--dump"))
    return 2;
  for (const auto* list : {&o.inputs, &o.outputs, &o.sets, &o.sizes})
    for (size_t i = 0; i < list->size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if ((*list)[k].first == (*list)[i].first)
          return fail(Diagnostic(Code::U0001, "`" + (*list)[i].first + "` is given twice"), SourceMap());
  for (const auto& [name, value] : o.sets)
    if (o.seed && name == "seed")
      return fail(Diagnostic(Code::U0001, "--seed and --set seed are one setting"), SourceMap());
  return run(o);
}

}  // namespace

int main(int argc, char** argv) {
  exit_when_mapped_files_shrink();
  return tool_main([&] { return tool(argc, argv); });
}
