#include "runtime/trace/tracer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "ir/numerics_id.h"
#include "ops/kernel.h"
#include "runtime/adapters/json_string.h"
#include "runtime/thread_pool.h"
#include "runtime/ticks.h"
#include "runtime/trace/node_values.h"
#include "runtime/trace/statistics.h"

namespace openinfer {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"time", "stats", "digest", "full"};
constexpr int kFlushMilliseconds = 50;
constexpr size_t kFlushBytes = 60 << 10;       // a piece of TraceFile, nearly
constexpr uint64_t kCalibration = 10'000'000;  // nanoseconds between the readings that give a tick its length

std::string opening(const Session& session, const TraceOptions& o) {
  const Model& model = session.model();
  nlohmann::ordered_json run;
  run["graph"] = model.graph().files.empty() ? "" : model.graph().files[0].name;
  run["graph_hash"] = graph_hash(model.graph());
  run["entry"] = session.program().entry;
  if (const Package* p = model.package()) {
    run["package"] = p->path();
    run["package_hash"] = p->content_hash();
  } else {
    run["package"] = run["package_hash"] = nullptr;
  }
  const auto isa = detect_isa();
  run["device"] = "cpu";
  run["driver"] = nullptr;
  run["isa"] = isa ? std::string(name(*isa)) : "";
  run["threads"] = o.threads > 0 ? o.threads : default_threads();
  run["seed"] = o.seed ? nlohmann::ordered_json(*o.seed) : nlohmann::ordered_json(nullptr);
  run["numerics_id"] = kNumericsId;
  run["level"] = std::string(name(o.level));
  run["versions"] = {{"openinfer", o.version}};
  // What is no UTF-8 in a file's name must not keep the trace from being written.
  const auto text = [](const nlohmann::ordered_json& j) {
    return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  };
  return "{\"schema\":\"oinf.trace/1\",\n\"run\":" + text(run) +
         ",\n\"displayTimeUnit\":\"ns\",\n\"traceEvents\":[\n"
         "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"ts\":0,\"name\":\"process_name\",\"args\":{\"name\":" +
         text("openinfer " + session.program().name) +
         "}},\n{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"ts\":0,\"name\":\"thread_name\",\"args\":{\"name\":" +
         text(session.device_name()) + "}}";
}

}  // namespace

std::string_view name(TraceLevel level) { return kLevels[static_cast<size_t>(level)]; }

std::optional<TraceLevel> trace_level(std::string_view name) {
  for (size_t i = 0; i < kLevels.size(); ++i)
    if (kLevels[i] == name) return static_cast<TraceLevel>(i);
  return std::nullopt;
}

Result<std::unique_ptr<Tracer>> Tracer::create(const Session& session, const TraceOptions& options) {
  OINF_ASSIGN(TraceFile file, TraceFile::create(options.path, opening(session, options)));
  std::unique_ptr<Tracer> t(new Tracer(session, options, std::move(file)));
  t->writer_ = std::thread([tracer = t.get()] { tracer->drain(); });
  return t;
}

Tracer::Tracer(const Session& session, const TraceOptions& options, TraceFile file)
    : program_(session.program()),
      level_(options.level),
      identities_(session.model().graph(), session.model().sources()),
      frames_(program_, session.model().sources()),
      file_(std::move(file)),
      events_(program_, frames_, identities_),
      payloads_(options.path),
      origin_ticks_(read_ticks()),
      origin_nanoseconds_(clock_nanoseconds()) {}

Tracer::~Tracer() {
  if (writer_.joinable()) (void)finish();
}

Status Tracer::finish() {
  ring_.close();
  writer_.join();
  OINF_TRY(failure());
  return file_.close();
}

Status Tracer::failure() {
  const std::lock_guard lock(mutex_);
  if (error_) return *error_;
  return {};
}

void Tracer::put(RecordKind kind, uint32_t pc, std::initializer_list<uint64_t> words) {
  const size_t size = 1 + words.size();
  const auto to = ring_.reserve(size);
  to[0] = record_header(kind, size, pc);
  std::copy(words.begin(), words.end(), to.begin() + 1);
  ring_.commit(size);
}

void Tracer::planned(const Plan& plan, const std::vector<std::vector<std::string>>& kernels) {
  auto events = std::make_shared<PlanEvents>(make_plan_events(program_, plan, frames_, identities_, kernels));
  const uint64_t id = next_plan_++;
  plans_[&plan] = {id, events};
  const std::lock_guard lock(mutex_);
  named_[id] = std::move(events);
}

void Tracer::forgotten(const Plan& plan) {
  const auto hit = plans_.find(&plan);
  if (hit == plans_.end()) return;
  put(RecordKind::plan, 0, {hit->second.first, 1});
  plans_.erase(hit);
}

Status Tracer::step_begin(RunState& state, const Plan& plan) {
  OINF_TRY(failure());
  const auto& [id, events] = plans_.at(&plan);
  plan_ = events.get();
  put(RecordKind::plan, 0, {id, 0});
  last_ = read_ticks();
  put(RecordKind::step_begin, 0, {last_, state.cache_bytes()});
  return {};
}

Status Tracer::step_end(RunState& state, bool succeeded) {
  put(RecordKind::step_end, 0, {read_ticks(), state.cache_bytes(), succeeded ? 1u : 0u});
  return failure();
}

std::span<uint64_t> Tracer::submission(RunState& state, const RunPoint& point) {
  const SubmissionEvents& s = plan_->submissions[point.instruction().a];
  const size_t times = s.commands.size() + 1;
  submission_words_ = 2 + s.varying_words + times;
  const auto to = ring_.reserve(submission_words_);
  to[0] = record_header(RecordKind::submission, submission_words_, point.pc);
  const Segment& segment = point.segment();
  to[1] = segment.guards.empty() ? 0 : state.cache_bytes();
  size_t at = 2;
  for (const VaryingSlot& v : s.varying)
    for (int a = 0; a < v.rank; ++a) to[at++] = static_cast<uint64_t>(segment.views[v.slot].shape[a]);
  readings_ = to.subspan(at, times);
  return readings_;
}

void Tracer::submitted(RunState&, const RunPoint&, bool succeeded) {
  last_ = succeeded ? readings_.back() : read_ticks();
  ring_.commit(submission_words_);
}

// Where commands come one at a time, others look at values between them: that is nobody's time.
Status Tracer::before(RunState&, const RunPoint& point) {
  if (point.command != kNoCommand || stepwise()) last_ = read_ticks();
  return {};
}

Status Tracer::after(RunState& state, const RunPoint& point) {
  using Kind = InstructionEvents::Kind;
  const InstructionEvents& e = plan_->code[point.pc];
  if (e.kind == Kind::hidden) return {};
  if (e.kind == Kind::loop_begin || e.kind == Kind::loop_next) {
    const LoopPlan& loop = point.plan.loops[e.index];
    const int64_t index = state.symbol(loop.symbol);
    put(RecordKind::loop, point.pc, {last_, state.loop_goes_on(point) ? 1u : 0u, static_cast<uint64_t>(index)});
    return {};
  }
  const uint64_t begin = last_, end = read_ticks();
  last_ = end;
  std::string text;
  if (level_ != TraceLevel::time) {
    OINF_ASSIGN(text, values(state, point));
  }
  if (e.kind == Kind::submit) {
    const SubmissionEvents& s = plan_->submissions[e.index];
    const Segment& segment = point.segment();
    const size_t size = 5 + s.varying_words + text_words(text);
    const auto to = ring_.reserve(size);
    to[0] = record_header(RecordKind::command, size, point.pc);
    to[1] = point.command;
    to[2] = segment.guards.empty() ? 0 : state.cache_bytes();
    to[3] = begin;
    to[4] = end;
    size_t at = 5;
    for (const VaryingSlot& v : s.varying)
      for (int a = 0; a < v.rank; ++a) to[at++] = static_cast<uint64_t>(segment.views[v.slot].shape[a]);
    put_text(to.subspan(at), text);
    ring_.commit(size);
    return {};
  }
  Shape shape;
  if (e.shape) {
    OINF_ASSIGN(const DeviceView view, state.place(point, 0));
    shape = view.shape;
  }
  const auto rank = static_cast<size_t>(shape.rank());
  const size_t size = 4 + rank + text_words(text);
  const auto to = ring_.reserve(size);
  to[0] = record_header(RecordKind::host, size, point.pc);
  to[1] = begin;
  to[2] = end;
  to[3] = rank;
  for (size_t a = 0; a < rank; ++a) to[4 + a] = static_cast<uint64_t>(shape[static_cast<int>(a)]);
  put_text(to.subspan(4 + rank), text);
  ring_.commit(size);
  return {};
}

// ,"values":[…] of what a node wrote.
Result<std::string> Tracer::values(RunState& state, const RunPoint& point) {
  OINF_ASSIGN(const auto list, node_values(state, point));
  if (list.empty()) return std::string();
  std::string text = ",\"values\":[";
  for (const NodeValue& v : list) {
    const Statistics s = statistics_of(v.value);
    if (text.back() != '[') text += ',';
    text += "{\"name\":\"" + json_escaped(v.name) + "\",\"min\":" + json_number(s.min) +
            ",\"max\":" + json_number(s.max) + ",\"mean\":" + json_number(s.mean) +
            ",\"nan\":" + std::to_string(s.nan) + ",\"inf\":" + std::to_string(s.inf);
    if (level_ >= TraceLevel::digest) text += ",\"digest\":\"" + hex64(digest_of(v.value)) + '"';
    if (level_ >= TraceLevel::full) {
      OINF_ASSIGN(const std::string file, payloads_.add(v.value));
      text += ",\"file\":" + (file.empty() ? "null" : '"' + json_escaped(file) + '"');
    }
    text += '}';
  }
  return text + ']';
}

void Tracer::edited(RunState&, const RunPoint&, const std::string& what) {
  const size_t size = 2 + text_words(what);
  const auto to = ring_.reserve(size);
  to[0] = record_header(RecordKind::edit, size, 0);
  to[1] = read_ticks();
  put_text(to.subspan(2), what);
  ring_.commit(size);
}

// How long a tick is: the longer the time between two readings of both clocks, the better it is known.
TimeScale Tracer::scale() const {
  uint64_t now = clock_nanoseconds();
  if (now - origin_nanoseconds_ < kCalibration)
    std::this_thread::sleep_for(std::chrono::nanoseconds(kCalibration - (now - origin_nanoseconds_)));
  const uint64_t ticks = read_ticks();
  now = clock_nanoseconds();
  return {origin_ticks_, static_cast<double>(now - origin_nanoseconds_) /
                             static_cast<double>(std::max<uint64_t>(1, ticks - origin_ticks_))};
}

void Tracer::take(const Record& record, std::string& text) {
  if (record.kind != RecordKind::plan) return events_.write(record, text);
  const std::lock_guard lock(mutex_);
  if (record.words[1] != 0)
    named_.erase(record.words[0]);
  else
    events_.set_plan(named_.at(record.words[0]));
}

void Tracer::drain() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);  // the model's threads come first
  std::string text;
  bool scaled = false, failed = false;
  const auto flush = [&] {
    if (text.empty()) return;
    if (!failed)
      if (Status s = file_.append(text); !s) {
        failed = true;
        const std::lock_guard lock(mutex_);
        error_ = s.error();
      }
    text.clear();
  };
  for (bool ended = false; !ended;) {
    const auto words = ring_.read(kFlushMilliseconds, ended);
    if (words.empty()) continue;
    if (!scaled) events_.set_scale(scale());
    scaled = true;
    for (auto rest = words; !rest.empty();) {
      const Record r = record_at(rest);
      take(r, text);
      rest = rest.subspan(r.words.size() + 1);
      if (text.size() >= kFlushBytes) flush();
    }
    flush();
  }
}

}  // namespace openinfer
