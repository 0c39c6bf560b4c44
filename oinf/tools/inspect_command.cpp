#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "ir/diagnostic.h"
#include "oinf/tools/byte_count.h"
#include "oinf/tools/commands.h"
#include "oinf/tools/package_json.h"
#include "oinf/tools/tensor_values.h"

namespace openinfer {
namespace {

constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

void print_package(const Package& p, const nlohmann::json& all) {
  fmt::print("{}: version {}, {}, {} tensors\n", p.path(), p.version(), byte_count(p.file_bytes()), p.tensors().size());
  fmt::print("hash {}\n", p.content_hash());
  if (!p.architecture().empty()) fmt::print("architecture {}\n", p.architecture());
  if (const auto& model = all["model"]; !model.is_null()) {
    fmt::print("model {}, as {}; its weights are", model["name"].get<std::string>(), model["from"].get<std::string>());
    bool first = true;
    for (const char* type : {"f16", "q8_0", "q6_k", "q4_k", "q4_0"}) {
      fmt::print("{} {} as {}", first ? "" : ",", byte_count(model["bytes"][type].get<uint64_t>()), type);
      first = false;
    }
    fmt::print("\n");
  }
  fmt::print("parameters {}\n", all["parameters"].get<uint64_t>());
  if (!p.sizes().empty()) fmt::print("\nsizes\n");
  for (const auto& [name, value] : p.sizes()) fmt::print("  {} = {}\n", name, value);
  if (!p.metadata().empty()) fmt::print("\nmetadata\n");
  for (const auto& [key, value] : p.metadata())
    fmt::print("  {} = {}\n", key, to_json(value).dump(-1, ' ', false, kReplace));
  if (!p.labels().empty()) {
    fmt::print("\nlabels\n ");
    for (size_t i = 0; i < p.labels().size() && i < 10; ++i) fmt::print(" {}:{}", i, p.labels()[i]);
    fmt::print("{}\n", p.labels().size() > 10 ? fmt::format(" … {} in all", p.labels().size()) : "");
  }
  if (!all["tokenizer"].is_null())
    fmt::print("\ntokenizer\n  {}, {} tokens, {} merges, {} added, {} chat template\n",
               all["tokenizer"]["kind"].get<std::string>(), all["tokenizer"]["tokens"].get<uint64_t>(),
               all["tokenizer"]["merges"].get<uint64_t>(), all["tokenizer"]["added"].get<uint64_t>(),
               all["tokenizer"]["chat_template"].get<bool>() ? "with" : "no");
  if (!all["graph"].empty()) fmt::print("\ngraph\n");
  for (const auto& path : all["graph"]) fmt::print("  {}\n", path.get<std::string>());
  if (!p.tensors().empty()) fmt::print("\ntensors\n");
  size_t widest = 0;
  for (const TensorEntry& t : p.tensors()) widest = std::max(widest, t.info.name.size());
  for (const TensorEntry& t : p.tensors())
    fmt::print("  {:<{}}  {:<6} {:<9} {:>10}  {}{}\n", t.info.name, widest, name(t.info.dtype),
               layout_name(t.info.layout), t.has_data ? byte_count(t.info.bytes) : "no values", to_string(t.info.shape),
               t.quantisation || t.quantisation_record.offset != 0 ? " quantised" : "");
  const Provenance& from = p.provenance();
  if (from.packer.empty()) return;
  fmt::print("\nprovenance\n  {}", from.packer);
  for (const std::string& option : from.options) fmt::print(" {}", option);
  fmt::print("\n");
  for (const SourceFile& s : from.sources) fmt::print("  {} {} {}\n", hex(s.checksum), s.name, byte_count(s.size));
}

// Mean and deviation in two passes; what is not finite is counted and left out.
struct Statistics {
  uint64_t finite = 0, nan = 0, infinite = 0, zero = 0;
  double min = 0, max = 0, mean = 0, deviation = 0;
};

Statistics statistics(const TensorValues& values) {
  Statistics s;
  double sum = 0;
  for (uint64_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    if (std::isnan(v)) ++s.nan;
    if (std::isinf(v)) ++s.infinite;
    if (!std::isfinite(v)) continue;
    s.min = s.finite == 0 ? v : std::min(s.min, v);
    s.max = s.finite == 0 ? v : std::max(s.max, v);
    s.zero += v == 0;
    sum += v;
    ++s.finite;
  }
  if (s.finite == 0) return s;
  s.mean = sum / static_cast<double>(s.finite);
  double squares = 0;
  for (uint64_t i = 0; i < values.size(); ++i)
    if (const double v = values[i]; std::isfinite(v)) squares += (v - s.mean) * (v - s.mean);
  s.deviation = std::sqrt(squares / static_cast<double>(s.finite));
  return s;
}

// Integers as they are, others as the doubles that hold them.
nlohmann::json first_values(const TensorValues& values) {
  const DType type = values.info().dtype;
  nlohmann::json first = nlohmann::json::array();
  for (uint64_t i = 0; i < values.size() && i < 16; ++i) {
    if (is_float(type) || is_block(type)) {
      first.push_back(to_json(MetaValue(values[i])));
    } else if (const int64_t integer = stored_integer(type, values.bytes(), i); type == DType::u64) {
      first.push_back(static_cast<uint64_t>(integer));
    } else {
      first.push_back(integer);
    }
  }
  return first;
}

std::string shown(const nlohmann::json& value) {
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

int inspect_tensor(const Package& p, const InspectCommand& command) {
  const auto values = TensorValues::of(p, command.tensor);
  if (!values.ok()) return report_error(with_nearest(values.error(), command.tensor, p));
  const Statistics s = statistics(*values);
  const nlohmann::json first = first_values(*values);
  const TensorInfo& t = values->info();
  if (command.json) {
    nlohmann::json out = {{"name", t.name},
                          {"type", name(t.dtype)},
                          {"layout", layout_name(t.layout)},
                          {"bytes", t.bytes},
                          {"min", s.min},
                          {"max", s.max},
                          {"mean", s.mean},
                          {"deviation", s.deviation},
                          {"zeros", s.zero},
                          {"nan", s.nan},
                          {"infinite", s.infinite},
                          {"values", first}};
    out["shape"] = std::vector<int64_t>(t.shape.begin(), t.shape.end());
    std::cout << out.dump(2) << "\n";
    return 0;
  }
  fmt::print("{}: {}{} {}, {}\n", t.name, name(t.dtype), to_string(t.shape), layout_name(t.layout),
             byte_count(t.bytes));
  fmt::print("  min {:.6g}  max {:.6g}  mean {:.6g}  deviation {:.6g}\n", s.min, s.max, s.mean, s.deviation);
  fmt::print("  {} values, {} zeros, {} nan, {} infinite\n ", values->size(), s.zero, s.nan, s.infinite);
  for (const nlohmann::json& v : first) fmt::print(" {}", shown(v));
  fmt::print("{}\n", values->size() > first.size() ? " …" : "");
  return 0;
}

}  // namespace

int run_inspect(const InspectCommand& command) {
  const auto package = Package::open(command.file);
  if (!package.ok()) return report_error(package.error());
  if (!command.tensor.empty()) return inspect_tensor(**package, command);
  const auto all = to_json(**package);
  if (!all.ok()) return report_error(all.error());
  if (command.json)
    std::cout << all->dump(2, ' ', false, kReplace) << "\n";
  else
    print_package(**package, *all);
  return 0;
}

}  // namespace openinfer
