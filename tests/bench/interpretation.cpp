// What the interpreter costs a node: a chain of additions of one element, as segments of a step and as iterations of a
// loop. The kernel's own time is in it, so the figure is an upper bound. Then the same with a trace of level `time`:
// what the thread that runs the model pays for it (processor time of that thread; here it also waits for the one that
// writes).
#include <benchmark/benchmark.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "runtime/openinfer.h"
#include "runtime/trace/tracer.h"

namespace openinfer {
namespace {

std::unique_ptr<Session> session_of(const std::string& text) {
  const auto path =
      std::filesystem::temp_directory_path() / ("interpretation-" + std::to_string(::getpid()) + ".graph");
  std::ofstream(path) << text;
  Report report;
  const auto model = Model::open({path.string(), ""}, report);
  SessionOptions options;
  options.threads = 1;
  auto session = model ? Session::create(model, options, report) : nullptr;
  std::filesystem::remove(path);
  if (session && !session->set_value("x", "1")) session = nullptr;
  return session;
}

void run(benchmark::State& state, const std::string& graph, double nodes, bool traced) {
  const auto session = session_of(graph);
  std::unique_ptr<Tracer> tracer;  // ends before the session
  if (session && traced) {
    auto made = Tracer::create(*session, {"/dev/null", TraceLevel::time, 1, std::nullopt, "bench"});
    if (!made) return state.SkipWithError("no trace");
    tracer = std::move(*made);
    session->observe(*tracer);
  }
  if (!session || !session->step()) return state.SkipWithError("the graph does not run");
  for (auto _ : state)
    if (!session->step()) return state.SkipWithError("the step failed");
  state.counters["s_per_node"] = benchmark::Counter(static_cast<double>(state.iterations()) * nodes,
                                                    benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void straight(benchmark::State& state, bool traced) {
  std::string nodes;
  for (int i = 0; i < 1000; ++i) nodes += "  op add(y, x) >> y;\n";
  run(state, "dynamic { x: f32; }\nblock entry {\n  op add(x, x) >> y: f32;\n" + nodes + "  emit y;\n}\n", 1001,
      traced);
}
BENCHMARK_CAPTURE(straight, plain, false)->Name("interpretation/straight");
BENCHMARK_CAPTURE(straight, traced, true)->Name("interpretation/straight/traced");

// Ten nodes an iteration, one of them at a place that the loop's index gives: submitted anew each time.
void loop(benchmark::State& state, bool traced) {
  std::string nodes;
  for (int i = 0; i < 9; ++i) nodes += "    op add(y, x) >> y;\n";
  run(state,
      "dynamic { x: f32; }\nvolatile { t: f32[1000]; }\nblock entry {\n  op add(x, x) >> y: f32;\n"
      "  loop l (i in 0..1000) {\n" +
          nodes + "    op add(t[i], y) >> y;\n  }\n  emit y;\n}\n",
      10001, traced);
}
BENCHMARK_CAPTURE(loop, plain, false)->Name("interpretation/loop");
BENCHMARK_CAPTURE(loop, traced, true)->Name("interpretation/loop/traced");

}  // namespace
}  // namespace openinfer

BENCHMARK_MAIN();
