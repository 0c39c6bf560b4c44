// What a run gives: text as it comes, labels as a table, tensors as JSON or in short, files by --output.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/adapters/output_file.h"
#include "runtime/adapters/stop_strings.h"
#include "runtime/adapters/text_tensor.h"
#include "runtime/openinfer.h"
#include "runtime/tools/logprobs.h"
#include "runtime/tools/run_options.h"

namespace openinfer {

// Whether the block has all outputs that are asked for, and their files can hold them. I0008, U0001.
[[nodiscard]] Status check_outputs(const Session& session, const RunOptions& options);

// Tells the session which variables it is going to be asked for, so that its plans count them.
void count_outputs(Session& session, const RunOptions& options);

class ResultPrinter {
 public:
  ResultPrinter(Session& session, const RunOptions& options) : session_(session), options_(options) {}
  // Makes the output files. U0001, R0007.
  Status open();
  // Beside tokens that are emitted as text; nullptr: none. They outlive the printer.
  void show_logprobs(const Logprobs* logprobs) { logprobs_ = logprobs; }
  // False when it could not be written, then error() says why, or when a text came that --stop names.
  bool emission(const Emission& e);
  // After the step: the rest of texts, fetched variables, files.
  Status finish();
  void interrupted();
  [[nodiscard]] const std::optional<Diagnostic>& error() const { return error_; }

 private:
  // What goes on decoding together: emissions of one name with the same argument `names` of @text.
  using TextOutput = std::pair<std::string, bool>;

  Status show(const Emission& e);
  Result<std::unique_ptr<OutputFile>> media_output(const std::string& name, const std::string& path) const;
  Status show_text(const Emission& e, OutputFile* file);
  Status show_labels(const Emission& e);
  Status json_line(const Emission& e);
  Result<std::vector<std::string>> text_of(const Emission& e);
  void line(const std::string& name, const std::string& value);

  Session& session_;
  const RunOptions& options_;
  std::map<std::string, std::unique_ptr<OutputFile>> files_;
  std::map<TextOutput, std::unique_ptr<TextStreams>> streams_;
  std::map<TextOutput, std::vector<std::string>> rows_;  // texts of several streams, printed at the end
  std::optional<Diagnostic> error_;
  std::map<TextOutput, StopStrings> stops_;  // with --stop
  bool ended_ = false;                       // one of them has come
  const Logprobs* logprobs_ = nullptr;
  bool text_open_ = false;  // the last thing printed was text without a line end
};

}  // namespace openinfer
