#include "runtime/tools/bench.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ops/element.h"
#include "runtime/thread_pool.h"
#include "runtime/tools/token_times.h"

namespace openinfer {
namespace {

// Seconds since this process was started.
double process_age() {
  std::ifstream stat("/proc/self/stat");
  std::string all((std::istreambuf_iterator<char>(stat)), {});
  const size_t name_end = all.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::string rest = all.substr(name_end + 2);
  unsigned long long start = 0;
  int field = 3;
  size_t at = 0;
  while (field < 22 && at != std::string::npos) {
    at = rest.find(' ', at);
    if (at != std::string::npos) ++at;
    ++field;
  }
  if (at == std::string::npos) return 0;
  start = std::strtoull(rest.c_str() + at, nullptr, 10);
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
         static_cast<double>(start) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Figures {
  std::vector<double> all;
  void add(double x) { all.push_back(x); }
  [[nodiscard]] nlohmann::ordered_json json() const {
    if (all.empty()) return nullptr;
    std::vector<double> s = all;
    std::sort(s.begin(), s.end());
    return {{"min", s.front()}, {"median", s[s.size() / 2]}, {"max", s.back()}};
  }
};

uint64_t next_random(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Tokens that no special meaning hangs on, the same for the same seed.
Result<HostTensor> seeded_tokens(const Session& session, std::string_view input, int64_t count, uint64_t seed) {
  const Variable& v = session.program().var(session.program().inputs.find(std::string(input))->second);
  OINF_ASSIGN(HostTensor t, HostTensor::zeros(*v.dtype, Shape{count}));
  const auto vocab = session.model().package() ? session.model().package()->find_size("vocab_size") : std::nullopt;
  const uint64_t n = static_cast<uint64_t>(vocab.value_or(256));
  uint64_t state = seed;
  for (int64_t i = 0; i < count; ++i)
    store_element<int64_t>(t.data(), *v.dtype, i,
                           static_cast<int64_t>(n > 16 ? 16 + next_random(state) % (n - 16) : next_random(state) % n));
  return t;
}

// Seeded values in -1 … 1 (integers: 0) for an input that nobody set; its sizes must be known.
Result<HostTensor> seeded_input(const Session& session, const std::string& name) {
  const Variable& v = session.program().var(session.program().inputs.find(name)->second);
  Shape shape;
  for (Dim d : v.shape) {
    const auto n = session.program().dims->value(d);
    shape.push_back(n ? *n : 1);  // a free size, such as the batch, is one
  }
  OINF_ASSIGN(HostTensor t, HostTensor::zeros(*v.dtype, shape));
  uint64_t state = 1;
  if (is_float(*v.dtype))
    for (int64_t i = 0; i < t.elements(); ++i)
      store_element<double>(
          t.data(), *v.dtype, i,
          static_cast<double>(static_cast<int64_t>(next_random(state) >> 11)) / 4503599627370496.0 - 1.0);
  return t;
}

// What a graph calls `ctx` is how many tokens its caches hold: longer benchmarks are refused before anything runs.
std::optional<Diagnostic> too_long(const Session& session, const RunOptions& options) {
  for (const SizeFact& f : session.program().sizes) {
    if (f.name != "ctx") continue;
    const auto ctx = session.program().dims->value(f.value);
    const int64_t tokens = int64_t{options.bench_context} +
                           (options.bench_prompt || options.bench_context ? std::max(1, options.bench_prompt) : 0) +
                           options.bench_generate;
    if (!ctx || tokens <= *ctx) return std::nullopt;
    return Diagnostic(Code::U0001, "--bench-context " + std::to_string(options.bench_context) + ", --bench-prompt " +
                                       std::to_string(options.bench_prompt) + " and --bench-generate " +
                                       std::to_string(options.bench_generate) + " need " + std::to_string(tokens) +
                                       " tokens, ctx is " + std::to_string(*ctx))
        .with_help("--size ctx=" + std::to_string(tokens));
  }
  return std::nullopt;
}

struct Run {
  Figures total, first, prompt_rate, token, token_min, token_max, rate, peak_rate, step;
};

}  // namespace

int run_bench(Session& session, const RunOptions& options) {
  const SourceMap& sources = session.model().sources();
  const auto fail = [&](const Diagnostic& d) {
    std::cerr << render(d, sources);
    return exit_status(d.code);
  };
  const double start_age = process_age();
  std::string text = session.text_input();
  if (text.empty())
    for (const auto& [name, id] : session.program().inputs)
      if (session.program().var(id).adapter.kind == "text" && !session.program().var(id).default_text &&
          session.program().var(id).shape.size() == 1)
        text = name;
  const int64_t context = options.bench_context, prompt = options.bench_prompt;
  if ((prompt || context) && text.empty())
    return fail(Diagnostic(Code::U0001, "--bench-prompt is for graphs with a @text input"));
  if (prompt || context)
    for (const auto& [name, value] : options.inputs)
      if (name == text)
        return fail(Diagnostic(Code::U0001, "`" + text + "` is given twice, by --input and by " +
                                                (prompt ? "--bench-prompt" : "--bench-context")));
  if (const auto refused = too_long(session, options)) return fail(*refused);
  int64_t prompt_tokens = 0;
  if (prompt || context) {
    auto tokens = seeded_tokens(session, text, std::max<int64_t>(1, prompt) + context, 1);
    if (!tokens) return fail(tokens.error());
    prompt_tokens = std::max<int64_t>(1, prompt);
    if (Status s = session.set(text, std::move(*tokens)); !s) return fail(s.error());
  }
  if (!prompt_tokens && !text.empty()) prompt_tokens = session.elements(text);  // --prompt, --input
  for (const std::string& name : session.missing()) {
    auto t = seeded_input(session, name);
    if (!t) return fail(t.error());
    if (Status s = session.set(name, std::move(*t)); !s) return fail(s.error());
  }
  if (options.bench_generate && session.program().inputs.contains("max_new_tokens"))
    if (Status s = session.set_value("max_new_tokens", std::to_string(options.bench_generate)); !s)
      return fail(s.error());

  Run figures;
  double start_to_first = 0;
  TokenTimes times;
  for (int rep = 0; rep <= options.reps; ++rep) {
    if (Status s = session.reset(); !s) return fail(s.error());
    if (context) {
      // The context is read first and not measured; the measured step finds it in the cache.
      auto past = seeded_tokens(session, text, context, 1);
      if (!past) return fail(past.error());
      auto all = seeded_tokens(session, text, prompt_tokens + context, 1);
      if (!all) return fail(all.error());
      if (Status s = session.set(text, std::move(*past)); !s) return fail(s.error());
      if (Status s = session.step([](const Emission&) { return false; }); !s) return fail(s.error());
      if (Status s = session.set(text, std::move(*all)); !s) return fail(s.error());
    }
    times.begin();
    if (Status s = session.step([&](const Emission& e) {
          if (e.adapter.kind != "text") return true;
          times.token();
          if (rep == 0 && times.tokens() == 1) start_to_first = process_age();
          return options.bench_generate == 0 || times.tokens() < static_cast<size_t>(options.bench_generate);
        });
        !s)
      return fail(s.error());
    times.end();
    if (rep == 0) continue;  // warms up
    figures.total.add(times.total());
    if (times.tokens() == 0) {
      figures.step.add(times.total());
      continue;
    }
    figures.first.add(times.first());
    if (prompt_tokens) figures.prompt_rate.add(static_cast<double>(prompt_tokens) / times.first());
    const auto between = times.between();
    if (!between) continue;
    figures.token.add(between->average);
    figures.token_min.add(between->least);
    figures.token_max.add(between->most);
    figures.rate.add(1 / between->average);
    figures.peak_rate.add(1 / between->least);
  }
  const auto need = session.need();
  if (!need) return fail(need.error());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::ordered_json j;
  const Package* package = session.model().package();
  j["model"] = session.program().name;
  j["model_size"] = package ? package->file_bytes() : 0;
  j["device"] = session.device_name();
  j["precision"] = "as stored, f32 accumulation";
  j["optimization_level"] = 0;
  j["threads"] = options.threads > 0 ? options.threads : default_threads();
  j["iterations"] = options.reps;
  j["prompt_tokens"] = prompt_tokens;
  const uint64_t generated = times.tokens();
  j["generated_tokens"] = generated;
  const bool early = generated < static_cast<uint64_t>(options.bench_generate);
  j["stopped_early"] = early;
  if (early)
    std::cerr << "note: the graph ended its step after " << generated << " of " << options.bench_generate
              << " tokens, by a condition of its own: the figures are of these\n";
  j["total_time_s"] = figures.total.json();
  j["model_loading_time_s"] = start_age;
  j["jit_compilation_time_s"] = 0;
  j["kernel_cache"] = {{"hits", 0}, {"misses", 0}, {"bytes", 0}};
  j["start_to_first_emission_s"] = start_to_first;
  j["first_token_time_s"] = figures.first.json();
  j["prompt_tokens_per_second"] = figures.prompt_rate.json();
  j["avg_token_time_s"] = figures.token.json();
  j["min_token_time_s"] = figures.token_min.json();
  j["max_token_time_s"] = figures.token_max.json();
  j["avg_tokens_per_second"] = figures.rate.json();
  j["peak_tokens_per_second"] = figures.peak_rate.json();
  j["step_time_s"] = figures.step.json();
  j["peak_memory_bytes"] = {{"cpu", static_cast<uint64_t>(usage.ru_maxrss) * 1024}};
  j["model_memory_bytes"] = {{"cpu", need->total()}};
  if (options.json) {
    std::puts(j.dump(2).c_str());
    return 0;
  }
  for (const auto& [key, value] : j.items()) {
    if (value.is_null()) continue;
    if (value.is_object() && value.contains("median"))
      std::printf("%-28s %12.6g   (%.6g … %.6g)\n", key.c_str(), value["median"].get<double>(),
                  value["min"].get<double>(), value["max"].get<double>());
    else
      std::printf("%-28s %s\n", key.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
  }
  return 0;
}

}  // namespace openinfer
