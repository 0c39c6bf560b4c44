#include "runtime/trace/trace_reader.h"

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

namespace openinfer {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t kRead = 1 << 18;
constexpr size_t kLongest = 1 << 24;  // bytes of one event, and of what stands before the events

std::string text_of(const json& j, const char* field) {
  const auto hit = j.find(field);
  return hit != j.end() && hit->is_string() ? hit->get<std::string>() : std::string();
}

// Throws what nlohmann throws where a field has another type; caught in next().
TraceEvent event_of(const json& j) {
  TraceEvent e;
  const std::string phase = j.at("ph").get<std::string>();
  e.phase = phase.empty() ? ' ' : phase[0];
  e.category = text_of(j, "cat");
  e.name = text_of(j, "name");
  const auto nanoseconds = [](const json& micros) {
    const double t = micros.get<double>();
    return t > 0 && t < 9e15 ? static_cast<uint64_t>(std::llround(t * 1000)) : uint64_t{0};
  };
  if (j.contains("ts")) e.begin = nanoseconds(j.at("ts"));
  if (j.contains("dur")) e.duration = nanoseconds(j.at("dur"));
  if (!j.contains("args")) return e;
  const json& a = j.at("args");
  e.what = text_of(a, "what");
  if (e.phase == 'B' && e.category == "loop") e.block = text_of(a, "loop");
  if (e.phase == 'C') {
    e.arena = a.at("arena").get<uint64_t>();
    e.caches = a.at("caches").get<uint64_t>();
  }
  if (!e.is_node()) return e;
  e.block = a.at("block").get<std::string>();
  e.node = a.at("node").get<int64_t>();
  e.uuid = a.at("uuid").get<std::string>();
  e.op = a.at("op").get<std::string>();
  e.loc = a.at("loc").get<std::string>();
  e.kernel = text_of(a, "kernel");
  e.begin = a.at("t_ns").get<uint64_t>();
  e.duration = a.at("dur_ns").get<uint64_t>();
  e.in = a.at("in").get<std::vector<std::string>>();
  e.out = a.at("out").get<std::vector<std::string>>();
  if (a.contains("calls")) e.calls = a.at("calls").get<std::vector<std::string>>();
  if (a.contains("bytes")) e.bytes = a.at("bytes").get<uint64_t>();
  if (a.contains("flops")) e.flops = a.at("flops").get<uint64_t>();
  if (a.contains("loop"))
    for (const auto& [name, index] : a.at("loop").items()) e.loop.emplace_back(name, index.get<int64_t>());
  if (!a.contains("values")) return e;
  for (const json& v : a.at("values")) {
    TracedValue value;
    value.name = v.at("name").get<std::string>();
    const auto real = [&](const char* field) -> std::optional<double> {
      if (v.at(field).is_null()) return std::nullopt;
      return v.at(field).get<double>();
    };
    value.min = real("min");
    value.max = real("max");
    value.mean = real("mean");
    value.nan = v.at("nan").get<int64_t>();
    value.inf = v.at("inf").get<int64_t>();
    value.digest = text_of(v, "digest");
    value.file = text_of(v, "file");
    e.values.push_back(std::move(value));
  }
  return e;
}

}  // namespace

std::string loop_text(const TraceEvent& event) {
  std::string s;
  for (const auto& [name, index] : event.loop) s += (s.empty() ? "" : ", ") + name + "=" + std::to_string(index);
  return s;
}

Diagnostic TraceReader::failed(Code code, const std::string& what) const { return {code, path_ + ": " + what}; }

bool TraceReader::fill() {
  if (at_ > 0) {
    before_ += at_;
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const size_t had = buffer_.size();
  buffer_.resize(had + kRead);
  in_->read(buffer_.data() + had, kRead);
  buffer_.resize(had + static_cast<size_t>(in_->gcount()));
  return buffer_.size() > had;
}

Result<TraceReader> TraceReader::open(const std::string& path) {
  TraceReader r;
  r.path_ = path == "-" ? "standard input" : path;
  if (path == "-") {
    r.in_ = std::shared_ptr<std::istream>(&std::cin, [](std::istream*) {});
  } else {
    r.in_ = std::make_shared<std::ifstream>(path, std::ios::binary);
    if (!*r.in_) return r.failed(Code::P0001, "cannot be read");
  }
  // What stands before the events, closed so that it is an object.
  constexpr std::string_view kEvents = "\"traceEvents\"";
  size_t list = std::string::npos;
  while (list == std::string::npos) {
    const bool more = r.fill();
    const size_t key = r.buffer_.find(kEvents);
    list = key == std::string::npos ? key : r.buffer_.find('[', key);
    if (list == std::string::npos && (!more || r.buffer_.size() > kLongest))
      return r.failed(Code::P0022, "is no trace of oinf-run");
  }
  const json head = json::parse(r.buffer_.substr(0, list) + "[]}", nullptr, false);
  if (!head.is_object() || text_of(head, "schema") != "oinf.trace/1" || !head.contains("run") ||
      !head["run"].is_object())
    return r.failed(Code::P0022, "is no trace of the form oinf.trace/1");
  const json& run = head["run"];
  r.run_.graph = text_of(run, "graph");
  r.run_.graph_hash = text_of(run, "graph_hash");
  r.run_.package = text_of(run, "package");
  r.run_.package_hash = text_of(run, "package_hash");
  r.run_.device = text_of(run, "device");
  r.run_.isa = text_of(run, "isa");
  r.run_.level = text_of(run, "level");
  if (run.contains("versions") && run["versions"].is_object()) r.run_.version = text_of(run["versions"], "openinfer");
  if (run.contains("threads") && run["threads"].is_number_integer()) r.run_.threads = run["threads"].get<int64_t>();
  if (run.contains("numerics_id") && run["numerics_id"].is_number_integer())
    r.run_.numerics_id = run["numerics_id"].get<int64_t>();
  r.at_ = list + 1;
  return r;
}

Result<std::string> TraceReader::object() {
  if (ended_) return std::string();
  size_t begin = std::string::npos, i = at_;
  int depth = 0;
  bool in_string = false, escaped = false;
  while (true) {
    if (i == buffer_.size()) {
      const size_t moved = begin == std::string::npos ? i : begin;
      if (i - moved > kLongest) return failed(Code::P0022, "an event is longer than 16 MiB");
      at_ = moved;
      if (!fill()) {
        ended_ = cut_off_ = true;
        return std::string();
      }
      i -= moved;
      if (begin != std::string::npos) begin = 0;
      continue;
    }
    const char c = buffer_[i];
    if (in_string) {
      if (escaped)
        escaped = false;
      else if (c == '\\')
        escaped = true;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (depth++ == 0) begin = i;
    } else if (c == '}' || c == ']') {
      if (depth == 0) {
        ended_ = true;
        return std::string();
      }
      if (--depth == 0) {
        at_ = i + 1;
        return buffer_.substr(begin, at_ - begin);
      }
    } else if (depth == 0 && c != ',' && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      return failed(Code::P0021, "byte " + std::to_string(before_ + i) + " belongs to no event");
    }
    ++i;
  }
}

Result<std::optional<TraceEvent>> TraceReader::next() {
  OINF_ASSIGN(const std::string text, object());
  if (text.empty()) return std::optional<TraceEvent>();
  const std::string where = "the event that ends at byte " + std::to_string(before_ + at_);
  try {
    const json j = json::parse(text, nullptr, false);
    if (j.is_discarded()) return failed(Code::P0021, where + " is no JSON");
    return std::optional<TraceEvent>(event_of(j));
  } catch (const json::exception& e) {
    return failed(Code::P0022, where + " is none of a trace: " + e.what());
  }
}

}  // namespace openinfer
