#include "runtime/adapters/output_file.h"

#include <utility>

#include "runtime/adapters/array_output.h"
#include "runtime/adapters/text_output_file.h"

namespace openinfer {

Result<std::unique_ptr<OutputFile>> OutputFile::create(std::string_view name, const std::string& path) {
  const size_t dot = path.rfind('.');
  const std::string_view suffix = dot == std::string::npos ? std::string_view() : std::string_view(path).substr(dot);
  if (suffix == ".npy") return ArrayOutput::create(std::string(name), path, ArrayOutput::Format::npy);
  if (suffix == ".safetensors") return ArrayOutput::create(std::string(name), path, ArrayOutput::Format::safetensors);
  if (suffix == ".json") return TextOutputFile::create(path, TextOutputFile::Format::json);
  if (suffix == ".txt") return TextOutputFile::create(path, TextOutputFile::Format::text);
  return Diagnostic(Code::U0001, "`" + path + "` for the output `" + std::string(name) +
                                     "`: the suffix must be .npy, .safetensors, .json or .txt; .png where it stands "
                                     "with @image, .wav or .flac with @audio");
}

}  // namespace openinfer
