#include "runtime/tools/result_printer.h"

#include <cstdio>
#include <set>

#include "ir/no_package.h"
#include "runtime/adapters/audio/audio_tensor.h"
#include "runtime/adapters/image/image_output.h"
#include "runtime/adapters/json_string.h"
#include "runtime/adapters/labels.h"
#include "runtime/adapters/show_tensor.h"
#include "runtime/at_node.h"

namespace openinfer {
namespace {

// Where a value named so is emitted with @image or @audio, `kind`.
const Adapter* emitted_adapter(const std::vector<Step>& steps, std::string_view name, std::string_view kind) {
  for (const Step& s : steps) {
    if (s.kind == StepKind::emit && s.label == name && s.adapter.kind == kind) return &s.adapter;
    for (const std::vector<Step>* inner : {&s.body, &s.otherwise})
      if (const Adapter* a = emitted_adapter(*inner, name, kind)) return a;
  }
  return nullptr;
}

bool is_media(std::string_view path) {
  return path.ends_with(".png") || path.ends_with(".wav") || path.ends_with(".flac");
}

// The adapter that makes a picture or a sound of the output. U0001.
Result<const Adapter*> media_adapter(const Program& program, const std::string& name, const std::string& path) {
  const std::string kind = path.ends_with(".png") ? "image" : "audio";
  if (const Adapter* a = emitted_adapter(program.steps, name, kind)) return a;
  if (const auto variable = program.outputs.find(name); variable != program.outputs.end())
    if (const Adapter& own = program.var(variable->second).adapter; own.kind == kind) return &own;
  return Diagnostic(Code::U0001, "`" + path + "` for the output `" + name + "`: it is not emitted with @" + kind);
}

// Whether the file holds every value that is emitted under the name. U0001.
Status holds_emitted(const std::vector<Step>& steps, const std::string& name, const std::string& path) {
  for (const Step& s : steps) {
    if (s.kind == StepKind::emit && s.label == name) OINF_TRY(OutputFile::takes(name, path, s.in[0].dtype));
    OINF_TRY(holds_emitted(s.body, name, path));
    OINF_TRY(holds_emitted(s.otherwise, name, path));
  }
  return {};
}

void emitted_names(const std::vector<Step>& steps, std::set<std::string>& names) {
  for (const Step& s : steps) {
    if (s.kind == StepKind::emit) names.insert(s.label);
    emitted_names(s.body, names);
    emitted_names(s.otherwise, names);
  }
}

bool names_argument(const Adapter& a) {
  for (const AdapterArg& x : a.args)
    if (x.name == "names" && !x.numbers.empty() && x.numbers[0].boolean) return true;
  return false;
}

// A variable that no node emits is looked at when the step has ended.
bool fetched(const Program& program, const std::string& name) {
  std::set<std::string> emitted;
  emitted_names(program.steps, emitted);
  return !emitted.contains(name) && program.outputs.contains(name);
}

Status check_file(const Program& program, const std::string& name, const std::string& path) {
  if (is_media(path)) {
    auto adapter = media_adapter(program, name, path);
    return adapter ? Status() : adapter.error();
  }
  OINF_TRY(OutputFile::takes(name, path));
  if (fetched(program, name)) return OutputFile::takes(name, path, program.var(program.outputs.at(name)).dtype);
  return holds_emitted(program.steps, name, path);
}

}  // namespace

void count_outputs(Session& session, const RunOptions& options) {
  for (const auto& [name, path] : options.outputs)
    if (fetched(session.program(), name)) static_cast<void>(session.will_show(name));
}

Status check_outputs(const Session& session, const RunOptions& options) {
  std::set<std::string> known;
  emitted_names(session.program().steps, known);
  for (const auto& [name, id] : session.program().outputs) known.insert(name);
  for (const auto& [name, path] : options.outputs) {
    if (known.contains(name)) {
      OINF_TRY(check_file(session.program(), name, path));
      continue;
    }
    Diagnostic d(Code::I0008, "block `" + session.program().entry + "` has no output `" + name + "`");
    const std::string_view near = nearest_name(name, std::vector<std::string_view>(known.begin(), known.end()));
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    return d;
  }
  return {};
}

Status ResultPrinter::open() {
  for (const auto& [name, path] : options_.outputs) {
    OINF_ASSIGN(auto file, is_media(path) ? media_output(name, path) : OutputFile::create(name, path));
    files_.emplace(name, std::move(file));
  }
  return {};
}

Result<std::unique_ptr<OutputFile>> ResultPrinter::media_output(const std::string& name,
                                                                const std::string& path) const {
  const Program& program = session_.program();
  OINF_ASSIGN(const Adapter* adapter, media_adapter(program, name, path));
  if (!path.ends_with(".png"))
    return std::unique_ptr<OutputFile>(std::make_unique<AudioOutput>(path, *adapter, *program.dims));
  return std::unique_ptr<OutputFile>(
      std::make_unique<ImageOutput>(path, *adapter, *program.dims, session_.model().package()));
}

// One object a line, so that a reader can follow the run.
Status ResultPrinter::json_line(const Emission& e) {
  std::string line = "{\"name\": \"" + json_escaped(std::string(e.name)) + "\"";
  if (e.adapter.kind == "text") {
    OINF_ASSIGN(const auto texts, text_of(e));
    if (e.value.shape.rank() < 2) {
      line += ", \"text\": \"" + json_escaped(texts.empty() ? "" : texts[0]) + "\"";
    } else {
      line += ", \"texts\": [";
      for (size_t i = 0; i < texts.size(); ++i) line += (i ? ", \"" : "\"") + json_escaped(texts[i]) + "\"";
      line += "]";
    }
    if (const auto* tokens = logprobs_ == nullptr ? nullptr : logprobs_->of(e.value))
      line += ", \"tokens\": " + logprobs_json(*tokens, *session_.model().tokenizer());
  } else if (e.adapter.kind == "labels") {
    const Package* package = session_.model().package();
    const std::vector<std::string> none;
    const auto& labels = package ? package->labels() : none;
    if (is_integer(e.value.dtype)) {
      OINF_ASSIGN(const auto names, name_labels(e.value, labels));
      line += ", \"labels\": [";
      for (size_t i = 0; i < names.size(); ++i) line += (i ? ", \"" : "\"") + json_escaped(names[i]) + "\"";
      line += "]";
    } else {
      OINF_ASSIGN(const auto rows, rank_labels(e.value, labels));
      line += ", \"labels\": " + label_json(rows);
    }
  } else {
    OINF_ASSIGN(const std::string value, tensor_strict_json(e.value));
    line += ", \"dtype\": \"" + std::string(name(e.value.dtype)) + "\", \"shape\": [";
    for (int i = 0; i < e.value.shape.rank(); ++i) line += (i ? ", " : "") + std::to_string(e.value.shape[i]);
    line += "], \"value\": " + value;
  }
  std::puts((line + "}").c_str());
  std::fflush(stdout);
  return {};
}

Result<std::vector<std::string>> ResultPrinter::text_of(const Emission& e) {
  const std::string name(e.name);
  const Tokenizer* tokenizer = session_.model().tokenizer();
  if (!tokenizer) {
    if (session_.model().tokenizer_error()) return *session_.model().tokenizer_error();
    if (!session_.model().package())
      return Diagnostic(Code::I0009,
                        "`" + name + "` is emitted as text by the tokenizer of a package, and none was given")
          .with_help(kGiveAPackage);
    return Diagnostic(Code::I0009, "`" + name + "` is emitted as text, and the package has no tokenizer");
  }
  const TextOutput output{name, names_argument(e.adapter)};
  auto& stream = streams_[output];
  if (!stream) stream = std::make_unique<TextStreams>(*tokenizer, output.second);
  auto pushed = stream->push(e.value);
  if (!pushed) return at_node(pushed.error(), session_.program(), e.node);
  std::vector<std::string> texts = std::move(*pushed);
  if (options_.stops.empty() || texts.empty()) return texts;
  if (texts.size() > 1)
    return Diagnostic(Code::U0001, "--stop ends one text, and `" + name + "` is " + std::to_string(texts.size()));
  StopStrings& stop = stops_.try_emplace(output, options_.stops).first->second;
  texts[0] = stop.push(texts[0]);
  ended_ = ended_ || stop.stopped();
  return texts;
}

void ResultPrinter::line(const std::string& name, const std::string& value) {
  if (text_open_) std::fputc('\n', stdout);
  text_open_ = false;
  std::printf("%s = %s\n", name.c_str(), value.c_str());
}

Status ResultPrinter::show_text(const Emission& e, OutputFile* file) {
  const std::string name(e.name);
  OINF_ASSIGN(const auto texts, text_of(e));
  if (file) {
    for (const std::string& t : texts) OINF_TRY(file->add_text(t));
    return {};
  }
  if (const auto* tokens = logprobs_ == nullptr ? nullptr : logprobs_->of(e.value)) {
    std::fputs(logprobs_lines(*tokens, *session_.model().tokenizer()).c_str(), stdout);
    std::fflush(stdout);
    return {};
  }
  if (e.value.shape.rank() < 2) {
    for (const std::string& t : texts) std::fputs(t.c_str(), stdout);
    text_open_ = true;
    std::fflush(stdout);
    return {};
  }
  auto& rows = rows_[{name, names_argument(e.adapter)}];
  rows.resize(std::max(rows.size(), texts.size()));
  for (size_t i = 0; i < texts.size(); ++i) rows[i] += texts[i];
  return {};
}

Status ResultPrinter::show_labels(const Emission& e) {
  const Package* package = session_.model().package();
  const std::vector<std::string> none;
  const auto& labels = package ? package->labels() : none;
  if (text_open_) std::fputc('\n', stdout);
  text_open_ = false;
  if (is_integer(e.value.dtype)) {
    OINF_ASSIGN(const auto names, name_labels(e.value, labels));
    for (const std::string& n : names) std::printf("%s\n", n.c_str());
    return {};
  }
  OINF_ASSIGN(const auto rows, rank_labels(e.value, labels));
  std::fputs(label_table(rows).c_str(), stdout);
  return {};
}

Status ResultPrinter::show(const Emission& e) {
  const auto file = files_.find(std::string(e.name));
  OutputFile* out = file == files_.end() ? nullptr : file->second.get();
  if (e.adapter.kind == "text" && (out || !options_.json)) {
    // A file of tensors takes the ids, one of texts the text.
    if (!out) return show_text(e, nullptr);
    for (const auto& [name, path] : options_.outputs)
      if (name == e.name && (path.ends_with(".txt") || path.ends_with(".json"))) return show_text(e, out);
  }
  if (out) return out->add(e.value);
  if (options_.json) return json_line(e);
  if (e.adapter.kind == "labels") return show_labels(e);
  OINF_ASSIGN(const std::string text, show_tensor(e.value));
  line(std::string(e.name), text);
  return {};
}

bool ResultPrinter::emission(const Emission& e) {
  Status s = show(e);
  if (s) return !ended_;
  error_ = s.error();
  return false;
}

void ResultPrinter::interrupted() {
  if (text_open_) std::fputc('\n', stdout);
  text_open_ = false;
  std::fflush(stdout);
}

Status ResultPrinter::finish() {
  for (auto& [output, stream] : streams_) {
    const std::string& name = output.first;
    auto rest = stream->finish();
    if (const auto stop = stops_.find(output); stop != stops_.end() && !rest.empty()) {
      rest[0] = stop->second.push(rest[0]);
      rest[0] += stop->second.finish();
    }
    const auto file = files_.find(name);
    if (file != files_.end()) {
      for (const std::string& t : rest) OINF_TRY(file->second->add_text(t));
    } else if (options_.json) {
      // What waited for the rest of a character.
      for (size_t i = 0; i < rest.size(); ++i)
        if (!rest[i].empty())
          std::printf("{\"name\": \"%s\", \"stream\": %zu, \"text\": \"%s\"}\n", json_escaped(name).c_str(), i,
                      json_escaped(rest[i]).c_str());
    } else if (auto rows = rows_.find(output); rows != rows_.end()) {
      for (size_t i = 0; i < rest.size() && i < rows->second.size(); ++i) rows->second[i] += rest[i];
      for (const std::string& t : rows->second) std::printf("%s\n", t.c_str());
    } else {
      for (const std::string& t : rest) std::fputs(t.c_str(), stdout);
    }
  }
  interrupted();
  for (auto& [name, file] : files_) {
    if (fetched(session_.program(), name)) {
      Status added;
      OINF_TRY(session_.show(name, [&](const Emission& e) { return (added = file->add(e.value)).ok(); }));
      OINF_TRY(added);
    }
    OINF_TRY(file->commit());
  }
  return {};
}

}  // namespace openinfer
