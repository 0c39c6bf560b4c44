#include <algorithm>
#include <filesystem>
#include <map>

#include "runtime/tools/run_arguments.h"

namespace openinfer {
namespace {

Diagnostic wrong(std::string message) { return {Code::U0001, std::move(message)}; }

// A name may get one value, however it is spelled.
Status one_value_each(const RunOptions& o) {
  std::map<std::string, std::string> given;
  const auto add = [&](const std::string& name, const std::string& option) -> Status {
    const auto [at, fresh] = given.emplace(name, option);
    if (fresh) return {};
    if (at->second == option) return wrong("`" + name + "` is given twice by " + option);
    return wrong("`" + name + "` is given twice, by " + at->second + " and by " + option);
  };
  for (const auto& [name, value] : o.inputs) OINF_TRY(add(name, "--input"));
  for (const auto& [name, value] : o.sets) OINF_TRY(add(name, "--set"));
  if (o.seed) OINF_TRY(add("seed", "--seed"));
  if (o.bench_generate != 0) OINF_TRY(add("max_new_tokens", "--bench-generate"));
  for (const auto* list : {&o.sizes, &o.outputs})
    for (size_t i = 0; i < list->size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if ((*list)[k].first == (*list)[i].first)
          return wrong("`" + (*list)[i].first + "` is given twice by " + (list == &o.sizes ? "--size" : "--output"));
  return {};
}

// Each file is written by one option.
Status one_writer_each(const RunOptions& o) {
  std::map<std::string, std::string> writers;
  const auto add = [&](const std::string& path, const std::string& option) -> Status {
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(path, ignored);
    const auto [at, fresh] = writers.emplace(real.empty() ? path : real.string(), option);
    if (fresh) return {};
    return wrong("`" + path + "` would be written twice, by " + at->second + " and by " + option);
  };
  for (const auto& [name, path] : o.outputs) OINF_TRY(add(path, "--output " + name));
  for (const auto& [node, path] : o.dumps) OINF_TRY(add(path, "--dump " + node));
  if (!o.trace.empty()) OINF_TRY(add(o.trace, "--trace"));
  if (!o.session.empty()) OINF_TRY(add(o.session, "--session"));
  return {};
}

// Standard input has one reader.
Status one_reader(const RunOptions& o) {
  std::string reader = o.debug ? "--debug" : o.chat ? "--chat" : "";
  const auto add = [&](const std::string& option) -> Status {
    if (!reader.empty()) return wrong("standard input is read twice, by " + reader + " and by " + option);
    reader = option;
    return {};
  };
  if (o.prompt_file == "-") OINF_TRY(add("--prompt-file -"));
  for (const auto* list : {&o.inputs, &o.sets})
    for (const auto& [name, value] : *list)
      if (value == "@-" || value.starts_with("@-:"))
        OINF_TRY(add((list == &o.inputs ? "--input " : "--set ") + name + "=" + value));
  return {};
}

Status one_task(const RunOptions& o) {
  const std::pair<const char*, bool> tasks[] = {
      {"--check", o.check}, {"--explain", o.explain}, {"--plan", o.plan},
      {"--bench", o.bench}, {"--chat", o.chat},       {"--debug", o.debug},
      {"--list", o.list},   {"--devices", o.devices}, {"--version", o.version}};
  const char* first = nullptr;
  for (const auto& [name, asked] : tasks) {
    if (!asked) continue;
    if (first != nullptr) return wrong(std::string(first) + " and " + name + " are two tasks: one of them");
    first = name;
  }
  const bool runs = !o.check && !o.explain && !o.plan;
  if (!runs && !o.trace.empty()) return wrong("--trace watches a run, and " + std::string(first) + " runs nothing");
  if (!runs && !o.dumps.empty()) return wrong("--dump watches a run, and " + std::string(first) + " runs nothing");
  if (!runs && !o.session.empty())
    return wrong("--session goes on with a run, and " + std::string(first) + " runs nothing");
  if (!o.stops.empty() && (!runs || o.bench))
    return wrong("--stop ends a text, and " + std::string(first) + " shows none");
  if (o.logprobs != 0 && (!runs || o.bench || o.chat))
    return wrong("--logprobs shows the tokens of one run, and " + std::string(first) + " does not");
  if (o.bench && !o.session.empty()) return wrong("--bench measures many steps: no --session");
  if (o.chat && o.has_prompt) return wrong("--chat takes what is typed, and no --prompt");
  if (o.chat && !o.outputs.empty()) return wrong("--chat shows answers, and keeps no --output");
  if (o.chat && o.json) return wrong("--chat is for people, and has no --json");
  if (o.bench && !o.outputs.empty()) return wrong("--bench measures, and keeps no --output");
  if (o.bench && !o.dumps.empty()) return wrong("--bench measures many steps: no --dump");
  if ((o.bench_prompt != 0 || o.bench_context != 0) && o.has_prompt)
    return wrong(std::string("--prompt and ") + (o.bench_prompt != 0 ? "--bench-prompt" : "--bench-context") +
                 " give one value: one of them");
  return {};
}

}  // namespace

Status check_run_options(const RunOptions& o) {
  OINF_TRY(one_task(o));
  OINF_TRY(one_value_each(o));
  OINF_TRY(one_writer_each(o));
  return one_reader(o);
}

}  // namespace openinfer
