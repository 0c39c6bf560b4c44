#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <set>

#include "oinf/tools/commands.h"
#include "oinf/tools/package_json.h"
#include "oinf/tools/tensor_values.h"

namespace openinfer {
namespace {

using nlohmann::json;

// How far apart two tensors of one shape are.
struct Distance {
  double largest = 0, mean = 0, cosine = 1;
};

Distance distance(const TensorValues& a, const TensorValues& b) {
  Distance d;
  double sum = 0, ab = 0, aa = 0, bb = 0;
  for (uint64_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    const double error = x == y || (std::isnan(x) && std::isnan(y)) ? 0 : std::fabs(x - y);
    if (error > d.largest || std::isnan(error)) d.largest = error;
    sum += error;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (a.size() > 0) d.mean = sum / static_cast<double>(a.size());
  if (aa > 0 && bb > 0) d.cosine = ab / std::sqrt(aa * bb);
  return d;
}

class Difference {
 public:
  Difference(const Package& a, const Package& b) : a_(a), b_(b) {}

  Result<json> find() {
    compare("architecture", "", json(a_.architecture()), json(b_.architecture()));
    compare_maps("size", a_.sizes(), b_.sizes(), [](int64_t v) { return json(v); });
    compare_maps("metadata", a_.metadata(), b_.metadata(), [](const MetaValue& v) { return to_json(v); });
    if (a_.labels() != b_.labels()) add("labels", "", "differ");
    OINF_TRY(compare_attachments());
    for (const TensorEntry& t : a_.tensors()) OINF_TRY(compare_tensor(t));
    for (const TensorEntry& t : b_.tensors())
      if (!a_.find_tensor(t.info.name)) add("tensor", t.info.name, "only in the second");
    return std::move(found_);
  }

 private:
  json& add(const char* kind, std::string_view name, std::string what) {
    found_.push_back({{"kind", kind}, {"name", name}, {"what", std::move(what)}});
    return found_.back();
  }
  void compare(const char* kind, std::string_view name, const json& a, const json& b) {
    if (a == b) return;
    json& entry = add(kind, name, fmt::format("{} and {}", a.dump(), b.dump()));
    entry["a"] = a;
    entry["b"] = b;
  }
  template <class Entries, class ToJson>
  void compare_maps(const char* kind, const Entries& a, const Entries& b, ToJson value) {
    std::map<std::string_view, std::pair<json, json>> all;
    for (const auto& [name, v] : a) all[name].first = value(v);
    for (const auto& [name, v] : b) all[name].second = value(v);
    for (const auto& [name, both] : all) compare(kind, name, both.first, both.second);
  }

  Status compare_attachments() {
    OINF_ASSIGN(const auto graph_a, a_.graph());
    OINF_ASSIGN(const auto graph_b, b_.graph());
    const auto texts = [](const std::vector<GraphSource>& graph) {
      std::vector<std::pair<std::string_view, std::string_view>> list;
      for (const GraphSource& file : graph) list.emplace_back(file.path, file.text);
      return list;
    };
    std::map<std::string_view, std::pair<std::string_view, std::string_view>> files;
    for (const auto& [path, text] : texts(graph_a)) files[path].first = text;
    for (const auto& [path, text] : texts(graph_b)) files[path].second = text;
    for (const auto& [path, both] : files)
      if (both.first != both.second) add("graph", path, "differs");
    if (a_.has_tokenizer() != b_.has_tokenizer()) {
      add("tokenizer", "", a_.has_tokenizer() ? "only in the first" : "only in the second");
    } else if (a_.has_tokenizer()) {
      OINF_ASSIGN(const TokenizerData t, a_.tokenizer());
      OINF_ASSIGN(const TokenizerData u, b_.tokenizer());
      if (t != u) add("tokenizer", "", "differs");
    }
    return {};
  }

  Status compare_tensor(const TensorEntry& t) {
    const std::string_view name = t.info.name;
    const auto other = b_.find_tensor(name);
    if (!other) {
      add("tensor", name, "only in the first");
      return {};
    }
    const auto form = [](const TensorInfo& i) {
      return fmt::format("{}{} {}", openinfer::name(i.dtype), to_string(i.shape), layout_name(i.layout));
    };
    std::string what;
    if (form(t.info) != form(*other)) what = fmt::format("{} and {}", form(t.info), form(*other));
    if (!t.has_data || !(t.info.shape == other->shape)) {
      if (!what.empty()) add("tensor", name, what);
      return {};
    }
    OINF_ASSIGN(const auto bytes, a_.payload(name));
    OINF_ASSIGN(const auto other_bytes, b_.payload(name));
    if (what.empty() && std::equal(bytes.begin(), bytes.end(), other_bytes.begin(), other_bytes.end())) return {};
    OINF_ASSIGN(const TensorValues x, TensorValues::of(a_, name));
    OINF_ASSIGN(const TensorValues y, TensorValues::of(b_, name));
    const Distance d = distance(x, y);
    json& entry = add("tensor", name, what.empty() ? "values differ" : what);
    entry["largest_error"] = d.largest;
    entry["mean_error"] = d.mean;
    entry["cosine"] = d.cosine;
    return {};
  }

  const Package& a_;
  const Package& b_;
  json found_ = json::array();
};

void print(const json& d) {
  fmt::print("{} {}{}{}", d["kind"].get<std::string>(), d["name"].get<std::string>(), d["name"] == "" ? "" : ": ",
             d["what"].get<std::string>());
  if (d.contains("cosine"))
    fmt::print(": largest error {:.6g}, mean {:.6g}, cosine {:.9f}", d["largest_error"].get<double>(),
               d["mean_error"].get<double>(), d["cosine"].get<double>());
  fmt::print("\n");
}

}  // namespace

int run_diff(const DiffCommand& command) {
  const auto a = Package::open(command.a);
  if (!a.ok()) return report_error(a.error());
  const auto b = Package::open(command.b);
  if (!b.ok()) return report_error(b.error());
  const auto found = Difference(**a, **b).find();
  if (!found.ok()) return report_error(found.error());
  if (command.json)
    std::cout << found->dump(2) << "\n";
  else
    for (const json& d : *found) print(d);
  // 1 says that they differ: that it could not be shown has to be said.
  if (!std::cout.flush() || std::fflush(stdout) != 0)
    return report_error({Code::R0007, "standard output cannot be written"});
  return found->empty() ? 0 : 1;
}

}  // namespace openinfer
