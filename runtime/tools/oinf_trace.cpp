// oinf-trace: reads what oinf-run --trace wrote.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "ir/numerics_id.h"
#include "ir/tool_main.h"
#include "ir/tools/command_line.h"
#include "runtime/tools/trace_text.h"
#include "runtime/trace/trace_reader.h"
#include "runtime/trace/trace_report.h"

namespace {

using namespace openinfer;

constexpr const char* kExamples = R"(Examples:
  oinf-run model.oinf --prompt "Once" --trace run.json       writes a trace; https://ui.perfetto.dev opens it too
  oinf-trace summary run.json                                time by op, block and line, and share of the roofline
  oinf-trace summary run.json --gbs 90 --gflops 400          against this machine's figures
  oinf-trace diff good.json bad.json                         the first node that gave something else, and what is slower
  oinf-trace report run.json -o run.html                     one page with all of it, for a browser

Exit status: 0 done (diff: all values are the same), 1 values differ, or failed, 2 wrong usage, 4 not a trace.
)";

int fail(const Diagnostic& d) {
  std::cerr << render(d);
  return exit_status(d.code);
}

struct Options {
  std::string file, other, output;
  size_t rows = 20;
  double gbs = 0, gflops = 0;
  bool json = false;
};

int summary(const Options& o) {
  auto reader = TraceReader::open(o.file);
  if (!reader) return fail(reader.error());
  const auto s = summarise(*reader, o.gbs, o.gflops);
  if (!s) return fail(s.error());
  print_summary(*s, o.rows, o.json);
  return 0;
}

int diff(const Options& o) {
  auto a = TraceReader::open(o.file);
  if (!a) return fail(a.error());
  auto b = TraceReader::open(o.other);
  if (!b) return fail(b.error());
  const auto d = diff_traces(*a, *b);
  if (!d) return fail(d.error());
  print_diff(*d, o.rows, o.json);
  return d->different > 0 || d->only[0] > 0 || d->only[1] > 0 ? 1 : 0;
}

int report(const Options& o) {
  auto reader = TraceReader::open(o.file);
  if (!reader) return fail(reader.error());
  const Status s = write_report(*reader, o.output);
  return s ? 0 : fail(s.error());
}

int flushed(int status) {
  const bool written = std::fflush(stdout) == 0 && !std::ferror(stdout);
  if (written || status > 1) return status;
  return fail(Diagnostic(Code::R0007, "standard output cannot be written"));
}

int tool(int argc, char** argv) {
  CLI::App app{"Reads traces of oinf-run.", "oinf-trace"};
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  Options o;
  bool version = false;
  app.add_flag("--version", version, "version and numerics_id");
  const auto command = [&](const char* name, const char* what) {
    CLI::App* c = app.add_subcommand(name, what);
    c->add_option("trace", o.file, "a trace; - is standard input")->type_name("FILE")->required();
    return c;
  };
  CLI::App* summary_command = command("summary", "time by op, block and source line, with the share of the roofline");
  summary_command->add_option("--gbs", o.gbs, "the machine's bandwidth in GB/s")->check(CLI::NonNegativeNumber);
  summary_command->add_option("--gflops", o.gflops, "its arithmetic in GFLOP/s")->check(CLI::NonNegativeNumber);
  CLI::App* diff_command = command("diff", "the first node that gave something else, then what took longer");
  diff_command->add_option("other", o.other, "the trace to compare it with")->type_name("FILE")->required();
  for (CLI::App* c : {summary_command, diff_command}) {
    c->add_option("--rows", o.rows, "lines of a table")->check(CLI::Range(1, 1000000));
    c->add_flag("--json", o.json, "for machines");
  }
  CLI::App* report_command = command("report", "one self-contained HTML page");
  report_command->add_option("-o,--output", o.output, "the page; - is standard output")->type_name("FILE")->required();
  if (const auto exit = read_command_line(app, argc, argv)) return *exit;
  if (version) {
    std::printf("oinf-trace %s\nnumerics_id %u\n", OPENINFER_VERSION, kNumericsId);
    return flushed(0);
  }
  if (*summary_command) return flushed(summary(o));
  if (*diff_command) return flushed(diff(o));
  if (*report_command) return flushed(report(o));
  return fail(Diagnostic(Code::U0001, "what shall be done? summary, diff or report")
                  .with_help("oinf-trace --help has examples"));
}

}  // namespace

int main(int argc, char** argv) {
  return tool_main([&] { return tool(argc, argv); });
}
