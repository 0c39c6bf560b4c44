#include "runtime/tools/explain.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ops/schema.h"

namespace openinfer {
namespace {

class Explain {
 public:
  explicit Explain(Session& session)
      : session_(session), program_(session.program()), sources_(session.model().sources()) {}

  void run() {
    std::printf("graph %s, block %s, on %s\n", program_.name.c_str(), program_.entry.c_str(),
                session_.device_name().c_str());
    sizes();
    inputs();
    steps_open(program_.steps);
    views(program_.steps);
    kernels();
  }

 private:
  std::string print(Dim d) const {
    return program_.dims->print(d, [this](SymbolId s) { return program_.symbol(s).name; });
  }
  std::string shape(const Variable& v) const {
    std::string s = v.dtype ? std::string(openinfer::name(*v.dtype)) : "auto";
    if (v.shape.empty()) return s;
    s += "[";
    for (size_t i = 0; i < v.shape.size(); ++i) s += (i ? ", " : "") + print(v.shape[i]);
    return s + "]";
  }
  void sizes() const {
    std::puts("\nsizes");
    for (const SizeFact& f : program_.sizes)
      std::printf("  %-28s %-12s %s\n", f.name.c_str(), print(f.value).c_str(), f.source.c_str());
    for (const Symbol& s : program_.symbols)
      if (s.source == SymbolSource::sizes || s.source == SymbolSource::result)
        std::printf("  %-28s %-12s %s, %s\n", s.name.c_str(), "run time",
                    s.definition ? print(*s.definition).c_str() : "found by its op", sources_.place(s.span).c_str());
  }
  void inputs() const {
    std::puts("\ninputs");
    for (const auto& [name, id] : program_.inputs) {
      const Variable& v = program_.var(id);
      std::printf("  %-28s %s%s%s\n", name.c_str(), shape(v).c_str(),
                  v.adapter.kind.empty() ? "" : (" @" + v.adapter.kind).c_str(),
                  v.initial || v.default_empty || v.default_text ? ", has a default" : "");
      if (v.adapter.kind == "image") image_settings(name);
    }
  }
  // Where @image has its arguments from. They were good when the session was made.
  void image_settings(const std::string& name) const {
    const auto settings = session_.image_settings(name);
    if (!settings) return;
    for (const std::string& source : settings->sources) std::printf("    %s\n", source.c_str());
  }
  void steps_open(const std::vector<Step>& steps) {
    for (const Step& s : steps) {
      for (const SizeCheck& c : s.checks) {
        if (!title_) std::puts("\nchecked when the node runs");
        title_ = true;
        std::printf("  %-28s %s = %s\n", sources_.place(c.span).c_str(), print(c.a).c_str(), print(c.b).c_str());
      }
      steps_open(s.body);
      steps_open(s.otherwise);
    }
  }
  void views(const std::vector<Step>& steps) {
    for (const Step& s : steps) {
      if (s.kind == StepKind::view) {
        if (!views_) std::puts("\nviews (no copy)");
        views_ = true;
        std::printf("  %-28s `%s` shows `%s`\n", sources_.place(program_.nodes[s.node].span).c_str(),
                    program_.var(s.out[0].var).name.c_str(), program_.var(s.in[0].var).name.c_str());
      }
      views(s.body);
      views(s.otherwise);
    }
  }
  void kernels() const {
    const auto list = session_.kernels();
    if (list.empty()) {
      std::puts("\nkernels are chosen when the inputs are given");
      return;
    }
    std::puts("\nkernels");
    for (const auto& [node, kernel] : list) {
      const NodeInfo& n = program_.nodes[node];
      std::printf("  %-28s %-18s %s\n", sources_.place(n.span).c_str(), n.word.c_str(), kernel.c_str());
    }
  }

  Session& session_;
  const Program& program_;
  const SourceMap& sources_;
  bool title_ = false, views_ = false;
};

}  // namespace

int print_explain(Session& session) {
  if (session.missing().empty()) (void)session.need();  // kernels depend on the inputs' sizes
  Explain(session).run();
  return 0;
}

int print_plan(const Session& session, const MemoryNeed& need, bool json) {
  const std::pair<const char*, uint64_t> rows[] = {
      {"weights_mapped", need.weights}, {"caches", need.persistent}, {"arena", need.arena},
      {"scratch", need.scratch},        {"undo", need.undo},         {"literals", need.literals}};
  uint64_t total = 0;
  for (const auto& r : rows) total += r.second;
  if (json) {
    nlohmann::ordered_json j;
    j["device"] = session.device_name();
    for (const auto& r : rows) j["bytes"][r.first] = r.second;
    j["bytes"]["total"] = total;
    std::puts(j.dump(2).c_str());
    return 0;
  }
  std::printf("%-16s %16s\n", session.device_name().c_str(), "bytes");
  for (const auto& r : rows) std::printf("%-16s %16llu\n", r.first, static_cast<unsigned long long>(r.second));
  std::printf("%-16s %16llu\n", "total", static_cast<unsigned long long>(total));
  return 0;
}

}  // namespace openinfer
