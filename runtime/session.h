// A session runs a model: it owns the persistent memory, one step after the other. Not thread-safe, except cancel().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/program.h"
#include "ops/kernel.h"
#include "runtime/adapters/audio/sound.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/image/image_settings.h"
#include "runtime/adapters/image/picture.h"
#include "runtime/executor.h"
#include "runtime/model.h"
#include "runtime/session_file.h"

namespace openinfer {

struct SessionOptions {
  std::map<std::string, int64_t> sizes;  // size variables that the graph lets the caller set
  std::string entry;                     // block to run; empty: `entry`
  // No token ends a text: the constant `stop_tokens`, where the graph has one, holds ids that no model gives.
  bool ignore_stop_tokens = false;
  int threads = 0;            // 1 to 256; 0: the physical cores that this process may use. U0001 for another number
  uint64_t memory_limit = 0;  // bytes that a step may reserve, weights included; 0: no limit but the machine's
};

class Session {
 public:
  // nullptr when the graph is refused: `report` says why.
  static std::unique_ptr<Session> create(std::shared_ptr<const Model> model, const SessionOptions& options,
                                         Report& report);
  ~Session();

  // A value for an input, kept for the steps to come. The type is the declared one. I0002, I0003.
  Status set(std::string_view name, HostTensor value);
  // For an input with @text: the package's tokenizer makes the ids. I0009.
  Status set_text(std::string_view name, const std::vector<std::string>& texts);
  // For an input with @image: one picture for rank 3, any number for rank 4. I0009.
  Status set_pictures(std::string_view name, std::vector<Picture> pictures);
  // For an input with @audio. I0009.
  Status set_sound(std::string_view name, const Sound& sound);
  // As a person spells it on a command line (docs/language.md, "Values people have"): a number, JSON, @FILE, a text for
  // @text.
  Status set_value(std::string_view name, std::string_view value);

  // Traces and the like; before the first step. The observer outlives the session.
  void observe(RunObserver& observer);
  // P0016 when the package's file was written to since it was opened; emissions end before.
  Status step(const OnEmission& on_emission = {});
  // An input or a volatile variable, as the last step left it. I0008.
  Result<HostTensor> read(std::string_view name);
  // The same without a copy of the caller's: valid during the call. After will_show, plans count it. I0008.
  Status will_show(std::string_view name);
  Status show(std::string_view name, const OnEmission& on_emission);
  Status reset();
  // Persistent memory, bit for bit, into a file (docs/spec/session.md), between two steps; `conversation` is kept with
  // it. Atomically: R0007 leaves an older file as it was.
  [[nodiscard]] Status save(const std::string& path, const std::string& conversation = {});
  // Takes the place of persistent memory. Tables may be bounded lower in the file than here. I0006 when it is of
  // another graph or package, R0006, R0009; nothing changes then.
  Status restore(const SessionFile& file);
  // From any thread or a signal handler. Ends the step that is running with C0001 at its next node; persistent memory
  // is as before it. Between two steps it does nothing: a step begins uncancelled.
  void cancel();

  // Exact bytes for the inputs that are set. With `assumed`, sizes that no input gives yet count 1 each, or as
  // little as there is a plan for, and are listed;
  // without it a missing input is I0001.
  Result<MemoryNeed> need(std::vector<AssumedSize>* assumed = nullptr);
  // Whether a step with these inputs would begin, or R0006, R0009: the machine's memory, SessionOptions::memory_limit.
  Status fits(std::vector<AssumedSize>* assumed = nullptr);
  // What the device holds now: what need() says when only these inputs have run.
  [[nodiscard]] uint64_t bytes_in_use() const;
  [[nodiscard]] const Program& program() const;
  [[nodiscard]] const Model& model() const;
  [[nodiscard]] std::string device_name() const;
  [[nodiscard]] uint64_t nodes_run() const;
  // Of the value that an input has now; 0 without one.
  [[nodiscard]] int64_t elements(std::string_view input) const;
  // What is bound by the newest plan: node and kernel of every command.
  [[nodiscard]] std::vector<std::pair<uint32_t, std::string>> kernels() const;
  // Names of inputs that have no value and no default.
  [[nodiscard]] std::vector<std::string> missing() const;
  // What @image does to pictures for an input that stands with it. I0002, I0009.
  [[nodiscard]] Result<ImageSettings> image_settings(std::string_view name) const;
  // The one input with @text that has no default; empty when there are none or several.
  [[nodiscard]] std::string text_input() const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  Status defaults();
  std::unique_ptr<State> state_;
};

}  // namespace openinfer
