// oinf-run: runs a graph on a package.
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "dsl/lower/lower.h"
#include "ir/tool_main.h"
#include "oinf/mapped_guard.h"
#include "runtime/adapters/adapter_check.h"
#include "runtime/adapters/input_value.h"
#include "runtime/openinfer.h"
#include "runtime/tools/bench.h"
#include "runtime/tools/chat.h"
#include "runtime/tools/explain.h"
#include "runtime/tools/give_values.h"
#include "runtime/tools/list_models.h"
#include "runtime/tools/result_printer.h"
#include "runtime/tools/run_arguments.h"
#include "runtime/tools/run_files.h"
#include "runtime/tools/run_options.h"
#include "runtime/tools/version.h"
#include "runtime/tools/watchers.h"

namespace {

using namespace openinfer;

Session* running = nullptr;
void on_interrupt(int) {
  if (running) running->cancel();  // an atomic store
}

int fail(const Diagnostic& d, const SourceMap& sources) {
  std::cerr << render(d, sources);
  return exit_status(d.code);
}

// A file that is not there is a session that has not begun.
Status go_on(Session& session, const std::string& path) {
  if (path.empty()) return {};
  if (!std::filesystem::exists(path)) return SessionFile::writable(path);
  OINF_ASSIGN(const SessionFile file, SessionFile::open(path));
  return session.restore(file);
}

int run_step(Session& session, ResultPrinter& printer, const std::string& file) {
  const SourceMap& sources = session.model().sources();
  running = &session;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  Status status = session.step([&](const Emission& e) { return printer.emission(e); });
  if (status && printer.error()) status = *printer.error();
  if (status && !file.empty()) status = session.save(file);
  if (status)
    status = printer.finish();
  else
    printer.interrupted();  // files stay as they were
  running = nullptr;
  return status ? 0 : fail(status.error(), sources);
}

// All of the graph, also what this run does not come by; what a session lowers is the block that runs.
int check_graph(const Model& model, const SessionOptions& options) {
  LowerOptions lowering;
  lowering.package = model.package();
  lowering.sizes = options.sizes;
  lowering.entry = options.entry;
  lowering.check_adapter = check_adapter;
  Diagnostics found;
  check(model.graph(), lowering, found);
  if (found.empty()) return 0;
  std::cerr << render(found, model.sources());
  return exit_status(found.front().code);
}

int run(const RunOptions& o) {
  Report report;
  SessionOptions session_options;
  for (const auto& [name, value] : o.sizes) {
    const auto n = parse_size_value(name, value);
    if (!n) return fail(n.error(), report.sources);
    session_options.sizes[name] = *n;
  }
  const auto files = run_files(o.files);
  if (!files) return fail(files.error(), report.sources);
  auto model = Model::open(*files, report);
  if (!model) {
    std::cerr << report.text();
    return report.status();
  }
  session_options.entry = o.entry;
  session_options.threads = o.threads;
  session_options.memory_limit = o.memory_limit;
  session_options.ignore_stop_tokens = o.bench_generate != 0;  // a measured run makes as many as it is asked for
  if (const int status = check_graph(*model, session_options)) return status;
  // Values are checked by who takes them.
  if (o.check && o.inputs.empty() && o.sets.empty() && o.outputs.empty() && !o.has_prompt && !o.seed) return 0;
  auto session = Session::create(model, session_options, report);
  if (!session) {
    std::cerr << report.text();
    return report.status();
  }
  const SourceMap& sources = model->sources();
  if (Status given = give_values(*session, o); !given) return fail(given.error(), sources);
  if (Status named = check_outputs(*session, o); !named) return fail(named.error(), sources);
  if (o.check) return 0;
  count_outputs(*session, o);
  if (o.plan) return print_plan(*session, o.json);
  if (o.explain) return print_explain(*session, o.json);
  ResultPrinter printer(*session, o);
  if (Status s = printer.open(); !s) return fail(s.error(), sources);
  auto watchers = Watchers::watch(*session, o);
  if (!watchers) return fail(watchers.error(), sources);
  printer.show_logprobs(watchers->logprobs());
  // What became of the run counts first; then whether what watched it could be written.
  const auto watched = [&](int status) {
    const Status written = watchers->finish(status == 0);
    if (status != 0 || written.ok()) return status;
    return fail(written.error(), sources);
  };
  if (o.bench) return watched(run_bench(*session, o));
  if (o.chat) return watched(run_chat(*session, o));
  if (Status s = go_on(*session, o.session); !s) return watched(fail(s.error(), sources));
  return watched(run_step(*session, printer, o.session));
}

int tool(int argc, char** argv) {
  auto parsed = parse_run_arguments(argc, argv);
  if (!parsed) return fail(parsed.error(), SourceMap());
  const RunOptions& o = parsed->options;
  if (!parsed->help.empty()) {
    std::fputs(parsed->help.c_str(), stdout);
    return 0;
  }
  if (o.version) return print_version(o.json);
  if (o.list) return list_models(o.json);
  if (o.devices) return print_devices(o.json);
  return run(o);
}

}  // namespace

int main(int argc, char** argv) {
  exit_when_mapped_files_shrink();
  return tool_main([&] { return tool(argc, argv); });
}
