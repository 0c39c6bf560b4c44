#include "runtime/session.h"

#include <algorithm>

#include "dsl/format.h"
#include "dsl/lower/lower.h"
#include "ir/no_package.h"
#include "runtime/adapters/adapter_check.h"
#include "runtime/adapters/audio/audio_tensor.h"
#include "runtime/adapters/image/image_tensor.h"
#include "runtime/adapters/input_value.h"
#include "runtime/adapters/text_tensor.h"
#include "runtime/constant_layouts.h"
#include "runtime/cpu/cpu_device.h"
#include "runtime/thread_pool.h"

namespace openinfer {
namespace {

EncodeOptions encode_options(const Adapter& adapter) {
  EncodeOptions o;
  for (const AdapterArg& a : adapter.args) {
    const bool yes = !a.numbers.empty() && a.numbers[0].kind == LiteralValue::Kind::boolean && a.numbers[0].boolean;
    if (a.name == "add") o.add_special = yes;
    if (a.name == "names") o.names = yes;
  }
  return o;
}

std::vector<std::optional<int64_t>> known_shape(const Program& program, const Variable& v) {
  std::vector<std::optional<int64_t>> shape;
  for (const Dim d : v.shape) shape.push_back(program.dims->value(d));
  return shape;
}

Result<ImageSettings> image_settings_of(const Program& program, const Variable& v, const PackageInfo* package) {
  return openinfer::image_settings(v.adapter, v.dtype.value_or(DType::f32), known_shape(program, v), *program.dims,
                                   package);
}

Result<AudioSettings> audio_settings_of(const Program& program, const Variable& v) {
  return audio_settings(v.adapter, v.dtype.value_or(DType::f32), known_shape(program, v), *program.dims);
}

SessionIdentity identity_of(const Model& model, const Program& program) {
  SessionIdentity id;
  id.entry = program.entry;
  ChecksumStream sum;
  for (const GraphFile& file : model.graph().files) {
    const std::string text = dsl::format(file.file);
    sum.update(std::as_bytes(std::span(text.c_str(), text.size() + 1)));  // a zero parts one file from the next
  }
  id.graph = sum.digest();
  if (model.package()) id.package = model.package()->content_checksum();
  return id;
}

}  // namespace

struct Session::State {
  std::shared_ptr<const Model> model;
  Program program;
  std::unique_ptr<Parallel> parallel;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
  std::map<uint32_t, HostTensor> inputs;
  std::map<uint32_t, const HostTensor*> bound;  // the same, as the executor takes them

  // Inputs without elements are often what a slice out of range comes from.
  [[nodiscard]] Status explained(Status status) const {
    if (status) return status;
    Diagnostic d = status.error();
    for (const auto& [id, value] : inputs) {
      if (value.elements() != 0) continue;
      const Variable& v = program.var(static_cast<VarId>(id));
      d.notes.push_back({"input `" + v.name + "` is empty", v.span});
    }
    return d;
  }
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;

std::unique_ptr<Session> Session::create(std::shared_ptr<const Model> model, const SessionOptions& options,
                                         Report& report) {
  if (options.threads < 0 || options.threads > ThreadPool::kMost) {
    report.diagnostics.push_back(Diagnostic(Code::U0001, "SessionOptions::threads is 0 to " +
                                                             std::to_string(ThreadPool::kMost) + ", not " +
                                                             std::to_string(options.threads)));
    return nullptr;
  }
  auto state = std::make_unique<State>();
  LowerOptions lowering;
  lowering.package = &no_package();
  if (model->package()) lowering.package = model->package();
  lowering.sizes = options.sizes;
  lowering.entry = options.entry;
  lowering.check_adapter = check_adapter;
  report.sources = model->sources();
  auto program = lower(model->graph(), lowering, report.diagnostics);
  if (!program) return nullptr;
  if (options.ignore_stop_tokens)
    for (const Variable& v : program->variables)
      if (v.kind == VarKind::constant && v.name == "stop_tokens" && v.dtype && is_signed(*v.dtype))
        for (const uint32_t m : v.members)
          std::fill(program->constants[m].bytes.begin(), program->constants[m].bytes.end(), std::byte{0xFF});  // -1
  lay_out_constants(*program);
  make_views(*program);
  state->program = std::move(*program);
  const auto isa = detect_isa();
  if (!isa) {
    report.diagnostics.push_back(isa.error());
    return nullptr;
  }
  const int threads = options.threads > 0 ? options.threads : default_threads();
  if (threads == 1)
    state->parallel = std::make_unique<Serial>();
  else
    state->parallel = std::make_unique<ThreadPool>(threads);
  state->device = make_cpu_device(*isa, *state->parallel);
  state->model = std::move(model);
  const Package* package = state->model->package();
  auto executor = Executor::create(
      state->program, *state->device,
      [package](const std::string& tensor) -> Result<std::span<const std::byte>> {
        if (!package) return Diagnostic(Code::P0026, "no package was given, so there is no tensor `" + tensor + "`");
        return package->payload(tensor);
      },
      options.memory_limit);
  if (!executor) {
    Diagnostic d = executor.error();
    if (d.code == Code::R0006 || d.code == Code::R0010)
      for (const auto& [name, value] : options.sizes)
        d.notes.push_back({"size `" + name + "` is " + std::to_string(value) + ", from the caller", {}});
    report.diagnostics.push_back(std::move(d));
    return nullptr;
  }
  state->executor = std::move(*executor);
  std::unique_ptr<Session> session(new Session(std::move(state)));
  if (Status s = session->defaults(); !s) {
    report.diagnostics.push_back(s.error());
    return nullptr;
  }
  return session;
}

// Texts that stand in @default go through the variable's adapter. In a package that has no tokenizer they are no
// defaults: the caller may still give the ids, and a step without them says what is missing.
Status Session::defaults() {
  if (!state_->model->tokenizer() && !state_->model->tokenizer_error()) return {};
  for (const auto& [name, id] : state_->program.inputs) {
    const Variable& v = state_->program.var(id);
    if (v.default_text) OINF_TRY(set_text(name, {*v.default_text}));
  }
  return {};
}

namespace {

Result<VarId> input_named(const Program& program, std::string_view name) {
  const auto hit = program.inputs.find(std::string(name));
  if (hit != program.inputs.end()) return hit->second;
  std::vector<std::string_view> candidates;
  for (const auto& [n, id] : program.inputs) candidates.push_back(n);
  Diagnostic d(Code::I0002, "block `" + program.entry + "` reads no input `" + std::string(name) + "`");
  const std::string_view near = nearest_name(name, candidates);
  if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
  return d;
}

}  // namespace

Status Session::set(std::string_view name, HostTensor value) {
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  if (v.dtype && value.dtype() != *v.dtype)
    return Diagnostic(Code::I0003,
                      "input `" + v.name + "` is " + std::string(openinfer::name(*v.dtype)) + ", given is " +
                          std::string(openinfer::name(value.dtype())),
                      v.span);
  HostTensor& kept = state_->inputs[static_cast<uint32_t>(id)];
  kept = std::move(value);
  state_->bound[static_cast<uint32_t>(id)] = &kept;
  return {};
}

Status Session::set_text(std::string_view name, const std::vector<std::string>& texts) {
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  if (v.adapter.kind != "text")
    return Diagnostic(Code::I0009, "input `" + v.name + "` takes no text: it is not declared with @text", v.span);
  const Tokenizer* tokenizer = state_->model->tokenizer();
  if (!tokenizer) {
    if (state_->model->tokenizer_error()) return *state_->model->tokenizer_error();
    if (!state_->model->package())
      return Diagnostic(Code::I0009,
                        "input `" + v.name + "` takes a text by the tokenizer of a package, and none was given", v.span)
          .with_help(kGiveAPackage);
    return Diagnostic(Code::I0009, "input `" + v.name + "` cannot take a text: the package has no tokenizer", v.span);
  }
  OINF_ASSIGN(HostTensor t, tensor_of_texts(*tokenizer, texts, *v.dtype, static_cast<int>(v.shape.size()),
                                            encode_options(v.adapter)));
  return set(name, std::move(t));
}

Result<ImageSettings> Session::image_settings(std::string_view name) const {
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  if (v.adapter.kind != "image")
    return Diagnostic(Code::I0009, "input `" + v.name + "` takes no picture: it is not declared with @image", v.span);
  return image_settings_of(state_->program, v, state_->model->package());
}

Status Session::set_pictures(std::string_view name, std::vector<Picture> pictures) {
  OINF_ASSIGN(const ImageSettings settings, image_settings(name));
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  OINF_ASSIGN(HostTensor t,
              tensor_of_pictures(std::move(pictures), settings, *v.dtype, static_cast<int>(v.shape.size())));
  return set(name, std::move(t));
}

Status Session::set_sound(std::string_view name, const Sound& sound) {
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  if (v.adapter.kind != "audio")
    return Diagnostic(Code::I0009, "input `" + v.name + "` takes no sound: it is not declared with @audio", v.span);
  OINF_ASSIGN(const AudioSettings settings, audio_settings_of(state_->program, v));
  OINF_ASSIGN(HostTensor t, tensor_of_sound(sound, settings, *v.dtype));
  return set(name, std::move(t));
}

Status Session::set_value(std::string_view name, std::string_view value) {
  OINF_ASSIGN(const VarId id, input_named(state_->program, name));
  const Variable& v = state_->program.var(id);
  InputRequest request;
  request.name = v.name;
  request.dtype = *v.dtype;
  Shape shape;
  bool known = true;
  for (const auto n : known_shape(state_->program, v)) {
    known &= n.has_value();
    shape.push_back(n.value_or(0));
  }
  if (known) request.shape = shape;
  if (v.adapter.kind == "text") request.text_rank = static_cast<int>(v.shape.size());
  request.pictures = v.adapter.kind == "image";
  request.sound = v.adapter.kind == "audio";
  OINF_ASSIGN(InputValue parsed, parse_input_value(value, request));
  if (auto* texts = std::get_if<std::vector<std::string>>(&parsed)) return set_text(name, *texts);
  if (auto* pictures = std::get_if<std::vector<Picture>>(&parsed)) return set_pictures(name, std::move(*pictures));
  if (auto* sound = std::get_if<Sound>(&parsed)) return set_sound(name, *sound);
  return set(name, std::move(std::get<HostTensor>(parsed)));
}

void Session::observe(RunObserver& observer) { state_->executor->observe(observer); }
Status Session::step(const OnEmission& on_emission) {
  const Package* package = state_->model->package();
  if (package == nullptr) return state_->explained(state_->executor->step(state_->bound, on_emission));
  // Nothing is handed over that may have been made of other weights than those that were opened.
  struct {
    const Package& package;
    const OnEmission& hand_over;
    Status whole;
  } watch{*package, on_emission, package->unchanged()};
  if (!watch.whole.ok()) return watch.whole;
  // One reference is small enough for a function without memory of its own.
  Status status = state_->executor->step(state_->bound, [&watch](const Emission& emission) {
    watch.whole = watch.package.unchanged();
    return watch.whole.ok() && (!watch.hand_over || watch.hand_over(emission));
  });
  return watch.whole.ok() ? state_->explained(std::move(status)) : watch.whole;
}

namespace {

Result<VarId> output_named(const Program& program, std::string_view name) {
  const auto hit = program.outputs.find(std::string(name));
  if (hit != program.outputs.end()) return hit->second;
  std::vector<std::string_view> candidates;
  for (const auto& [n, id] : program.outputs) candidates.push_back(n);
  Diagnostic d(Code::I0008,
               "block `" + program.entry + "` has no input or volatile variable `" + std::string(name) + "`");
  const std::string_view near = nearest_name(name, candidates);
  if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
  return d;
}

}  // namespace

Result<HostTensor> Session::read(std::string_view name) {
  OINF_ASSIGN(const VarId id, output_named(state_->program, name));
  return state_->executor->read(id);
}

Status Session::will_show(std::string_view name) {
  OINF_ASSIGN(const VarId id, output_named(state_->program, name));
  state_->executor->will_show(id);
  return {};
}

Status Session::show(std::string_view name, const OnEmission& on_emission) {
  OINF_ASSIGN(const VarId id, output_named(state_->program, name));
  return state_->executor->show(id, state_->program.var(id).adapter, on_emission);
}

Status Session::reset() { return state_->executor->reset(); }

Status Session::save(const std::string& path, const std::string& conversation) {
  return state_->executor->save(path, {identity_of(*state_->model, state_->program), conversation, {}});
}

Status Session::restore(const SessionFile& file) {
  const auto wrong = [&](const std::string& what) { return Diagnostic(Code::I0006, file.path() + ": " + what); };
  const SessionIdentity own = identity_of(*state_->model, state_->program), &saved = file.content().identity;
  if (saved.package != own.package) return wrong("the session was saved with another package");
  if (saved.graph != own.graph) return wrong("the session was saved with another graph");
  if (saved.entry != own.entry)
    return wrong("the session was saved with block `" + saved.entry + "`, and this one runs `" + own.entry + "`");
  if (Status s = state_->executor->restore(file); !s)
    return s.error().code == Code::I0006 ? wrong(s.error().message) : s.error();
  return {};
}

void Session::cancel() { state_->executor->cancel(); }
Result<MemoryNeed> Session::need(std::vector<AssumedSize>* assumed) {
  return state_->executor->need(state_->bound, assumed);
}
Status Session::fits(std::vector<AssumedSize>* assumed) { return state_->executor->fits(state_->bound, assumed); }
int64_t Session::elements(std::string_view input) const {
  const auto hit = state_->program.inputs.find(std::string(input));
  if (hit == state_->program.inputs.end()) return 0;
  const auto value = state_->inputs.find(static_cast<uint32_t>(hit->second));
  return value == state_->inputs.end() ? 0 : value->second.elements();
}
uint64_t Session::bytes_in_use() const { return state_->device->allocated_bytes() + state_->device->scratch_bytes(); }
const Program& Session::program() const { return state_->program; }
const Model& Session::model() const { return *state_->model; }
std::string Session::device_name() const { return state_->device->name(); }
uint64_t Session::nodes_run() const { return state_->executor->nodes_run(); }
std::vector<std::pair<uint32_t, std::string>> Session::kernels() const { return state_->executor->kernels(); }

std::vector<std::string> Session::missing() const {
  std::vector<std::string> names;
  for (const auto& [name, id] : state_->program.inputs) {
    const Variable& v = state_->program.var(id);
    if (!state_->inputs.contains(static_cast<uint32_t>(id)) && !v.initial && !v.default_empty) names.push_back(name);
  }
  return names;
}

std::string Session::text_input() const {
  std::string found;
  for (const auto& [name, id] : state_->program.inputs) {
    const Variable& v = state_->program.var(id);
    if (v.adapter.kind != "text" || v.default_text || v.initial || v.default_empty) continue;
    if (!found.empty()) return {};
    found = name;
  }
  return found;
}

}  // namespace openinfer
