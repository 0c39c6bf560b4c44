// What a trace costs the thread that runs the model: two sessions of one package, one of them traced, step in turns,
// and the processor time of each step is compared. Other work of the machine disturbs that far less than it does the
// wall clock; tests/bench/trace_overhead.py measures that.
//
//   build/release/bin/bench_trace PACKAGE [ROUNDS [FILE]]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "runtime/openinfer.h"
#include "runtime/trace/tracer.h"

namespace {

using namespace openinfer;

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::unique_ptr<Session> session_of(const std::shared_ptr<const Model>& model) {
  Report report;
  SessionOptions options;
  options.threads = 1;
  auto session = Session::create(model, options, report);
  if (!session || !session->set_text(session->text_input(), {"The Fox and the Crow"}) ||
      !session->set_value("max_new_tokens", "32") || !session->set_value("temperature", "0"))
    return nullptr;
  return session;
}

double quantile(std::vector<double> list, double at) {
  std::sort(list.begin(), list.end());
  return list[static_cast<size_t>(at * static_cast<double>(list.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 200;
  Report report;
  const auto model = Model::open({"", argc > 1 ? argv[1] : ""}, report);
  std::unique_ptr<Session> sessions[2];
  if (model)
    for (auto& s : sessions) s = session_of(model);
  if (!sessions[0] || !sessions[1] || rounds < 4) {
    std::fprintf(stderr, "%sbench_trace PACKAGE [ROUNDS [FILE]]: a package with a graph that continues a text\n",
                 report.text().c_str());
    return 2;
  }
  const std::string file = argc > 3 ? argv[3] : "/tmp/bench_trace.json";
  auto tracer = Tracer::create(*sessions[1], {file, TraceLevel::time, 1, std::nullopt, "bench"});
  if (!tracer) {
    std::fprintf(stderr, "%s\n", tracer.error().message.c_str());
    return 1;
  }
  sessions[1]->observe(**tracer);
  std::vector<double> times[2], ratios;
  for (int round = 0; round < rounds + 4; ++round) {
    double took[2];
    for (int turn = 0; turn < 2; ++turn) {
      const int which = (round + turn) % 2;
      if (!sessions[which]->reset()) return 1;
      const double begin = thread_seconds();
      if (!sessions[which]->step()) return 1;
      took[which] = thread_seconds() - begin;
    }
    if (round < 4) continue;  // warms up
    for (int i = 0; i < 2; ++i) times[i].push_back(took[i]);
    ratios.push_back(took[1] / took[0]);
  }
  const bool written = (*tracer)->finish().ok();
  if (argc <= 3) std::remove(file.c_str());
  std::printf("%d pairs of steps of 32 tokens, 1 thread; a step %.3f ms of processor time\n", rounds,
              quantile(times[0], 0.5) * 1e3);
  std::printf("with / without, of pairs: %.4f (quartiles %.4f ... %.4f)\n", quantile(ratios, 0.5),
              quantile(ratios, 0.25), quantile(ratios, 0.75));
  std::printf("of the medians: %.4f, of the lower quartiles: %.4f, of the fastest: %.4f\n",
              quantile(times[1], 0.5) / quantile(times[0], 0.5), quantile(times[1], 0.25) / quantile(times[0], 0.25),
              quantile(times[1], 0) / quantile(times[0], 0));
  return written ? 0 : 1;
}
