#include "runtime/tools/explain.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ops/schema.h"

namespace openinfer {
namespace {

using Json = nlohmann::ordered_json;

// Everything as JSON; a person gets the same as tables.
class Explain {
 public:
  Explain(Session& session, const std::vector<AssumedSize>& assumed)
      : session_(session), program_(session.program()), sources_(session.model().sources()) {
    json_["graph"] = program_.name;
    json_["block"] = program_.entry;
    json_["device"] = session.device_name();
    sizes(assumed);
    inputs();
    json_["checks"] = Json::array();
    json_["views"] = Json::array();
    steps(program_.steps);
    json_["kernels"] = Json::array();
    for (const auto& [node, kernel] : session_.kernels()) {
      const NodeInfo& n = program_.nodes[node];
      json_["kernels"].push_back({{"place", sources_.place(n.span)}, {"node", n.word}, {"kernel", kernel}});
    }
  }
  [[nodiscard]] const Json& json() const { return json_; }

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
  void sizes(const std::vector<AssumedSize>& assumed) {
    json_["sizes"] = Json::array();
    const auto add = [&](const std::string& name, const std::string& value, const std::string& source) {
      json_["sizes"].push_back({{"name", name}, {"value", value}, {"source", source}});
    };
    for (const SizeFact& f : program_.sizes)
      if (std::none_of(assumed.begin(), assumed.end(), [&](const AssumedSize& a) { return a.name == f.name; }))
        add(f.name, print(f.value), f.source);
    for (const AssumedSize& a : assumed)
      add(a.name, std::to_string(a.value), "assumed: input `" + a.input + "` is not given");
    for (const Symbol& s : program_.symbols)
      if (s.source == SymbolSource::sizes || s.source == SymbolSource::result)
        add(s.name, "run time",
            (s.definition ? print(*s.definition) : std::string("found by its op")) + ", " + sources_.place(s.span));
  }
  void inputs() {
    json_["inputs"] = Json::array();
    for (const auto& [name, id] : program_.inputs) {
      const Variable& v = program_.var(id);
      json_["inputs"].push_back({{"name", name},
                                 {"type", shape(v)},
                                 {"adapter", v.adapter.kind},
                                 {"has_default", v.initial || v.default_empty || v.default_text}});
      // Where @image has its arguments from. They were good when the session was made.
      if (v.adapter.kind != "image") continue;
      if (const auto settings = session_.image_settings(name)) json_["inputs"].back()["image"] = settings->sources;
    }
  }
  void steps(const std::vector<Step>& list) {
    for (const Step& s : list) {
      for (const SizeCheck& c : s.checks)
        json_["checks"].push_back({{"place", sources_.place(c.span)}, {"a", print(c.a)}, {"b", print(c.b)}});
      if (s.kind == StepKind::view)
        json_["views"].push_back({{"place", sources_.place(program_.nodes[s.node].span)},
                                  {"name", program_.var(s.out[0].var).name},
                                  {"shows", program_.var(s.in[0].var).name}});
      steps(s.body);
      steps(s.otherwise);
    }
  }

  Session& session_;
  const Program& program_;
  const SourceMap& sources_;
  Json json_;
};

std::string text(const Json& row, const char* key) { return row[key].get<std::string>(); }

void print_tables(const Json& j) {
  std::printf("graph %s, block %s, on %s\n\nsizes\n", text(j, "graph").c_str(), text(j, "block").c_str(),
              text(j, "device").c_str());
  for (const Json& s : j["sizes"])
    std::printf("  %-28s %-12s %s\n", text(s, "name").c_str(), text(s, "value").c_str(), text(s, "source").c_str());
  std::puts("\ninputs");
  for (const Json& i : j["inputs"]) {
    std::printf("  %-28s %s%s%s\n", text(i, "name").c_str(), text(i, "type").c_str(),
                i["adapter"] == "" ? "" : (" @" + text(i, "adapter")).c_str(),
                i["has_default"].get<bool>() ? ", has a default" : "");
    if (i.contains("image"))
      for (const Json& source : i["image"]) std::printf("    %s\n", source.get<std::string>().c_str());
  }
  if (!j["checks"].empty()) std::puts("\nchecked when the node runs");
  for (const Json& c : j["checks"])
    std::printf("  %-28s %s = %s\n", text(c, "place").c_str(), text(c, "a").c_str(), text(c, "b").c_str());
  if (!j["views"].empty()) std::puts("\nviews (no copy)");
  for (const Json& v : j["views"])
    std::printf("  %-28s `%s` shows `%s`\n", text(v, "place").c_str(), text(v, "name").c_str(),
                text(v, "shows").c_str());
  std::puts("\nkernels");
  for (const Json& k : j["kernels"])
    std::printf("  %-28s %-18s %s\n", text(k, "place").c_str(), text(k, "node").c_str(), text(k, "kernel").c_str());
}

int fail(const Diagnostic& d, const Session& session) {
  std::fflush(stdout);  // what was asked for stands before what is wrong with it
  std::cerr << render(d, session.model().sources());
  return exit_status(d.code);
}

// Added to what is printed as JSON: whether such a step would begin.
void add_fit(Json& j, const Status& fits) {
  j["fits"] = fits.ok();
  if (!fits) j["refused"] = {{"code", code_name(fits.error().code)}, {"message", fits.error().message}};
}

}  // namespace

int print_explain(Session& session, bool json) {
  std::vector<AssumedSize> assumed;
  const auto need = session.need(&assumed);  // kernels depend on the inputs' sizes
  if (!need) return fail(need.error(), session);
  const Explain explain(session, assumed);
  const Status fits = session.fits(&assumed);
  if (json) {
    Json j = explain.json();
    add_fit(j, fits);
    std::puts(j.dump(2).c_str());
  } else {
    print_tables(explain.json());
  }
  return fits ? 0 : fail(fits.error(), session);
}

int print_plan(Session& session, bool json) {
  std::vector<AssumedSize> assumed;
  const auto need = session.need(&assumed);
  if (!need) return fail(need.error(), session);
  const std::pair<const char*, uint64_t> rows[] = {{"weights_mapped", need->weights}, {"caches", need->persistent},
                                                   {"growing_tables", need->growing}, {"arena", need->arena},
                                                   {"scratch", need->scratch},        {"undo", need->undo},
                                                   {"literals", need->literals},      {"inputs", need->inputs},
                                                   {"emissions", need->emissions},    {"total", need->total()}};
  const Status fits = session.fits(&assumed);
  std::vector<std::string> growing;
  for (const Variable& v : session.program().variables)
    for (const TableIndex& t : v.table)
      if (v.kind == VarKind::persistent && !t.bound && (growing.empty() || growing.back() != v.name))
        growing.push_back(v.name);
  if (json) {
    Json j;
    j["device"] = session.device_name();
    for (const auto& r : rows) j["bytes"][r.first] = r.second;
    j["growing_tables"] = growing;
    j["assumed_sizes"] = Json::object();
    for (const AssumedSize& a : assumed) j["assumed_sizes"][a.name] = a.value;
    add_fit(j, fits);
    std::puts(j.dump(2).c_str());
    return fits ? 0 : fail(fits.error(), session);
  }
  std::printf("%-16s %16s\n", session.device_name().c_str(), "bytes");
  for (const auto& r : rows) std::printf("%-16s %16llu\n", r.first, static_cast<unsigned long long>(r.second));
  for (const std::string& name : growing)
    std::printf("`%s` has no bound: it counts what it holds now, and grows with what is written\n", name.c_str());
  for (const AssumedSize& a : assumed)
    std::printf("assumed %s = %lld, since input `%s` is not given: give the input, or --size %s=VALUE\n",
                a.name.c_str(), static_cast<long long>(a.value), a.input.c_str(), a.name.c_str());
  return fits ? 0 : fail(fits.error(), session);
}

}  // namespace openinfer
