#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "ir/numerics_id.h"
#include "oinf/pack/convert.h"
#include "oinf/tools/byte_count.h"
#include "oinf/tools/commands.h"
#include "oinf/tools/graph_limits.h"
#include "oinf/tools/graph_weights.h"
#include "oinf/tools/packed_graph.h"
#include "oinf/tools/progress_bar.h"
#include "oinf/tools/source_info.h"
#include "ops/blocks.h"

namespace openinfer {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

struct Converted {
  std::string source, target;
  pack::ConvertReport report;
  std::string graph;  // empty: none
  std::vector<std::string> dropped;
};

// One note for each type and reason: how many tensors, and the first names.
void print_not_quantised(const Converted& c) {
  constexpr size_t kNames = 3;
  std::map<std::pair<std::string_view, std::string_view>, std::vector<const pack::NotQuantised*>> groups;
  for (const pack::NotQuantised& t : c.report.not_quantised) groups[{name(t.asked), t.why}].push_back(&t);
  for (const auto& [group, tensors] : groups) {
    std::string names;
    for (size_t i = 0; i < std::min(kNames, tensors.size()); ++i)
      names += fmt::format("{}`{}` {}{}", i == 0 ? "" : ", ", tensors[i]->tensor, name(tensors[i]->type),
                           to_string(tensors[i]->shape));
    std::cerr << fmt::format("note: {}: {} {} not {}: {}{}; {}\n", c.source, tensors.size(),
                             tensors.size() == 1 ? "tensor is" : "tensors are", group.first, names,
                             tensors.size() > kNames ? ", …" : "", group.second);
  }
}

void print(const Converted& c) {
  fmt::print("{} -> {}\n", c.source, c.target);
  fmt::print("  {} tensors, {} -> {}\n", c.report.tensors, byte_count(c.report.source_bytes),
             byte_count(c.report.file_bytes));
  if (c.report.resumed > 0) fmt::print("  resumed: {} of them were there\n", c.report.resumed);
  for (const auto& [type, part] : c.report.by_type)
    fmt::print("  {:<20} {:>6}  {}\n", type, part.tensors, byte_count(part.bytes));
  fmt::print("  graph: {}\n", c.graph.empty() ? "none" : c.graph);
  for (const std::string& dropped : c.dropped) fmt::print("  dropped: {}\n", dropped);
}

nlohmann::json to_json(const Converted& c) {
  nlohmann::json types = nlohmann::json::object();
  for (const auto& [type, part] : c.report.by_type) types[type] = {{"tensors", part.tensors}, {"bytes", part.bytes}};
  nlohmann::json not_quantised = nlohmann::json::array();
  for (const pack::NotQuantised& t : c.report.not_quantised)
    not_quantised.push_back({{"name", t.tensor},
                             {"shape", std::vector<int64_t>(t.shape.begin(), t.shape.end())},
                             {"type", name(t.type)},
                             {"asked", name(t.asked)},
                             {"why", t.why}});
  return {{"source", c.source},
          {"file", c.target},
          {"tensors", c.report.tensors},
          {"resumed", c.report.resumed},
          {"source_bytes", c.report.source_bytes},
          {"file_bytes", c.report.file_bytes},
          {"types", types},
          {"graph", c.graph.empty() ? nlohmann::json() : nlohmann::json(c.graph)},
          {"not_quantised", not_quantised},
          {"dropped", c.dropped}};
}

std::string name_of(const std::string& source) {
  fs::path path = fs::path(source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::error_code error;
  return (fs::is_directory(source, error) ? path.filename() : path.stem()).string();
}

// Packing over what is packed would lose it.
bool replaces_source(const std::string& target, const std::string& path, const pack::ModelSource& source,
                     const std::string& graph) {
  std::error_code error;
  const fs::path folder = fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path();
  std::vector<fs::path> files = {path};
  for (const SourceFile& file : source.description.provenance.sources) files.push_back(folder / file.name);
  if (!graph.empty()) files.emplace_back(graph);
  return std::any_of(files.begin(), files.end(), [&](const fs::path& file) {
    std::error_code absent;
    return fs::equivalent(target, file, absent);
  });
}

// Adds the graph and chooses what is laid out in panels; a status when the graph is refused.
int add_graph(const ConvertCommand& command, pack::ModelSource& source, pack::ConvertOptions& options, Converted& out) {
  if (command.no_graph) return 0;
  std::optional<std::string> path = command.graph.empty() ? default_graph(source.description) : command.graph;
  if (!path) {
    if (!source.description.architecture.empty())
      out.dropped.push_back(fmt::format("graph: no example for architecture `{}`", source.description.architecture));
    return 0;
  }
  if (command.graph.empty())
    if (const auto setting = ignored_setting(source.description)) {
      Diagnostic refused(Code::P0027,
                         fmt::format("{}: {} has no {}", out.source, fs::path(*path).filename().string(), *setting));
      refused.help = "name a graph that has it with --graph, or pack none with --no-graph";
      return report_error(refused);
    }
  GraphErrors errors;
  // The examples are known to be right; what another one says is looked at before anything is packed.
  const SourceInfo info(source, options);
  auto packed = load_packed_graph(*path, errors, command.graph.empty() ? nullptr : &info);
  if (!packed) {
    std::cerr << errors.text;
    return errors.status;
  }
  out.graph = packed->sources.front().path;
  source.description.graph = std::move(packed->sources);
  std::vector<std::string_view> names;
  for (const pack::SourceTensor& t : source.tensors) names.push_back(t.name);
  options.use_panel16 = [weights = linear_weights(packed->graph, names)](std::string_view tensor) {
    return weights.contains(std::string(tensor));
  };
  return 0;
}

int convert_one(const ConvertCommand& command, const std::string& path, const std::string& target, Converted& out) {
  auto opened = pack::open_source(path);
  if (!opened.ok()) return report_error(opened.error());
  pack::ModelSource& source = *opened;
  if (replaces_source(target, path, source, command.graph))
    return report_error({Code::U0001, fmt::format("{}: the output would replace what it is made of", target)});
  out.source = path;
  out.target = target;
  out.dropped = source.dropped;
  pack::ConvertOptions options;
  if (!command.dtype.empty()) options.dtype = dtype_named(command.dtype);
  if (!command.quantise.empty()) options.quantise = dtype_named(command.quantise);
  options.decode = block_element;
  options.jobs = command.jobs > 0 ? command.jobs : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (const std::string& keep : command.keep) {
    const size_t equals = keep.rfind('=');
    const auto type = equals == std::string::npos ? std::nullopt : dtype_named(keep.substr(equals + 1));
    if (!type) return report_error({Code::U0001, fmt::format("--keep wants PATTERN=TYPE, not `{}`", keep)});
    options.keep.emplace_back(keep.substr(0, equals), *type);
  }
  if (const int status = add_graph(command, source, options, out); status != 0) return status;

  PackageDescription& d = source.description;
  d.numerics_id = kNumericsId;
  d.provenance.packer = "oinf-pack " OPENINFER_VERSION;
  if (!command.dtype.empty()) d.provenance.options.push_back("--dtype " + command.dtype);
  if (!command.quantise.empty()) d.provenance.options.push_back("--quantize " + command.quantise);
  for (const std::string& keep : command.keep) d.provenance.options.push_back("--keep " + keep);
  if (!command.graph.empty()) d.provenance.options.push_back("--graph " + fs::path(command.graph).filename().string());
  if (command.no_graph) d.provenance.options.emplace_back("--no-graph");

  ProgressBar bar(name_of(path));
  options.progress = [&](uint64_t done, uint64_t total) { bar.show(done, total); };
  options.cancelled = [] { return interrupted != 0; };
  options.resume = command.resume;
  auto report = pack::convert(source, d, options, target);
  if (!report.ok()) return report_error(report.error());
  out.report = *report;
  return 0;
}

}  // namespace

int run_convert(const ConvertCommand& command) {
  std::error_code error;
  const bool folder = command.output.ends_with('/') || fs::is_directory(command.output, error);
  error.clear();  // a target that does not exist yet is none
  if (command.sources.size() > 1 && !folder)
    return report_error({Code::U0001, "several sources need a folder: -o " + command.output + "/"});
  std::vector<std::string> targets;
  for (const std::string& source : command.sources) {
    targets.push_back(folder ? (fs::path(command.output) / (name_of(source) + ".oinf")).string() : command.output);
    if (std::count(targets.begin(), targets.end(), targets.back()) > 1)
      return report_error({Code::U0001, fmt::format("two sources would be written to {}", targets.back())});
  }
  if (folder) fs::create_directories(command.output, error);
  if (error) return report_error({Code::P0019, fmt::format("{}: {}", command.output, error.message())});
  // Ctrl-C ends the conversion at its next step, so that no unfinished file stays behind.
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::vector<Converted> done;
  int status = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    Converted converted;
    if (const int failed = convert_one(command, command.sources[i], targets[i], converted); failed != 0) {
      status = failed;  // the others are made all the same
      if (interrupted != 0) break;
      continue;
    }
    print_not_quantised(converted);
    if (!command.json) print(converted);
    done.push_back(std::move(converted));
  }
  if (command.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Converted& c : done) list.push_back(to_json(c));
    std::cout << (command.sources.size() == 1 && list.size() == 1 ? list[0] : list).dump(2) << "\n";
  }
  return status;
}

}  // namespace openinfer
