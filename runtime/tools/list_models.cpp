#include "runtime/tools/list_models.h"

#include <sys/mman.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "dsl/lower/lower.h"
#include "oinf/registry/known_models.h"
#include "oinf/tools/byte_count.h"
#include "oinf/tools/graph_weights.h"
#include "oinf/tools/packed_graph.h"
#include "runtime/adapters/adapter_check.h"
#include "runtime/constant_layouts.h"
#include "runtime/cpu/cpu_device.h"
#include "runtime/executor.h"
#include "runtime/plan.h"
#include "runtime/thread_pool.h"

namespace openinfer {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<DType, 5> kTypes = {DType::f16, DType::q8_0, DType::q6_k, DType::q4_k, DType::q4_0};

// Addresses without memory, which stand for weights that nobody reads.
class AddressSpace {
 public:
  static Result<AddressSpace> of(uint64_t bytes) {
    void* at = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return Diagnostic(Code::R0006, "there is no address space for " + byte_count(bytes));
    return AddressSpace(static_cast<std::byte*>(at), bytes);
  }
  AddressSpace(AddressSpace&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  AddressSpace& operator=(AddressSpace&&) = delete;
  ~AddressSpace() {
    if (data_ != nullptr) ::munmap(data_, bytes_);
  }
  [[nodiscard]] std::span<const std::byte> first(uint64_t bytes) const { return {data_, bytes}; }

 private:
  AddressSpace(std::byte* data, uint64_t bytes) : data_(data), bytes_(bytes) {}
  std::byte* data_;
  uint64_t bytes_;
};

// What --plan says of a package of this model, for a prompt of one token and the graph's own context. Nothing where the
// graph does not take weights of this type.
Result<std::optional<MemoryNeed>> plan(const KnownModel& model, const PackedGraph& graph, DType type) {
  std::vector<std::string_view> names;
  for (const KnownTensor& t : model.tensors) names.emplace_back(t.name);
  const auto weights = linear_weights(graph.graph, names);
  const KnownPackage package(model, type, [&](std::string_view name) { return weights.contains(std::string(name)); });
  LowerOptions options;
  options.package = &package;
  options.check_adapter = check_adapter;
  Diagnostics errors;
  auto program = lower(graph.graph, options, errors);
  if (!program && is_block(type) && errors.front().code == Code::E0203) return std::optional<MemoryNeed>();
  if (!program) return errors.front();
  lay_out_constants(*program);
  make_views(*program);
  OINF_ASSIGN(const Isa isa, detect_isa());
  Serial serial;
  const auto device = make_cpu_device(isa, serial);
  uint64_t largest = 1;
  for (const std::string_view name : names) largest = std::max(largest, package.find_tensor(name)->bytes);
  OINF_ASSIGN(const AddressSpace space, AddressSpace::of(largest));
  OINF_ASSIGN(const auto executor, Executor::create(
                                       *program, *device,
                                       [&](const std::string& tensor) -> Result<std::span<const std::byte>> {
                                         return space.first(package.find_tensor(tensor)->bytes);
                                       },
                                       0));
  std::vector<AssumedSize> assumed;
  OINF_ASSIGN(const MemoryNeed need, executor->need({}, &assumed));
  return std::optional(need);
}

std::string in_billions(uint64_t n) {
  char text[32];
  const double millions = static_cast<double>(n) / 1e6;
  std::snprintf(text, sizeof text, millions < 1000 ? "%.0f M" : "%.2f G", millions < 1000 ? millions : millions / 1000);
  return text;
}

int failed(const Diagnostic& d) {
  std::cerr << render(d, SourceMap());
  return exit_status(d.code);
}

}  // namespace

int list_models(bool json) {
  const auto models = known_models();
  if (!models) return failed(models.error());
  const auto isa = detect_isa();
  if (!isa) return failed(isa.error());
  Serial serial;
  const DeviceMemory memory = make_cpu_device(*isa, serial)->memory();
  Json all = Json::array();
  if (!json) {
    std::printf("%-17s %10s", "model", "parameters");
    for (const DType type : kTypes) std::printf(" %10s", std::string(name(type)).c_str());
    std::printf("  fits here as\n");
  }
  for (const KnownModel& model : *models) {
    PackageDescription description;
    description.architecture = model.architecture;
    const auto path = default_graph(description);
    if (!path) return failed({Code::P0001, "the example " + model.graph + " is not installed"});
    GraphErrors errors;
    const auto graph = load_packed_graph(*path, errors);
    if (!graph) return failed({Code::P0001, *path + ": " + errors.text});
    Json types = Json::object();
    std::string row, fitting;
    for (const DType type : kTypes) {
      const auto planned = plan(model, *graph, type);
      if (!planned) return failed(planned.error());
      const std::string type_name(name(type));
      if (!*planned) {
        row += "          -";
        types[type_name] = nullptr;
        continue;
      }
      const MemoryNeed& need = **planned;
      const bool fits = need.total() <= memory.bytes;
      if (fits) fitting += (fitting.empty() ? "" : " ") + type_name;
      char cell[32];
      std::snprintf(cell, sizeof cell, " %10s", byte_count(need.weights).c_str());
      row += cell;
      types[type_name] = {
          {"weights", need.weights}, {"caches", need.persistent}, {"total", need.total()}, {"fits", fits}};
    }
    if (json) {
      Json config = Json::object();
      for (const auto& [key, value] : model.config) std::visit([&, k = key](const auto& v) { config[k] = v; }, value);
      all.push_back({{"name", model.name},
                     {"from", model.from},
                     {"architecture", model.architecture},
                     {"graph", model.graph},
                     {"parameters", model.parameters()},
                     {"config", config},
                     {"bytes", types}});
    } else {
      std::printf("%-17s %10s%s  %s\n", model.name.c_str(), in_billions(model.parameters()).c_str(), row.c_str(),
                  fitting.empty() ? "nothing" : fitting.c_str());
    }
  }
  if (json)
    std::puts(Json{{"memory", memory.bytes}, {"models", all}}.dump(2).c_str());
  else
    std::printf(
        "Bytes of the weights. What fits has room for the caches of a context of 4096 tokens (or the model's) and all "
        "else that\n--plan counts, in %s (%s).\n",
        byte_count(memory.bytes).c_str(), memory.source.c_str());
  return 0;
}

}  // namespace openinfer
