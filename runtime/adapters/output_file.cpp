#include "runtime/adapters/output_file.h"

#include <utility>

#include "runtime/adapters/array_output.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/text_output_file.h"

namespace openinfer {
namespace {

std::string_view suffix_of(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(dot);
}

}  // namespace

Status OutputFile::takes(std::string_view name, const std::string& path, std::optional<DType> type) {
  const std::string_view suffix = suffix_of(path);
  const std::string file = "`" + path + "` for the output `" + std::string(name) + "`: ";
  if (suffix != ".npy" && suffix != ".safetensors" && suffix != ".json" && suffix != ".txt")
    return Diagnostic(Code::U0001, file +
                                       "the suffix must be .npy, .safetensors, .json or .txt; .png where it stands "
                                       "with @image, .wav or .flac with @audio");
  const bool held = !type || suffix == ".json" || suffix == ".txt" ||
                    (suffix == ".npy" ? npy_dtype(*type).has_value() : is_plain(*type));
  if (held) return {};
  return Diagnostic(Code::U0001, file + std::string(suffix) + " has no " + std::string(openinfer::name(*type)))
      .with_help("`op cast` gives it another type; .json and .txt hold all");
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(std::string_view name, const std::string& path) {
  OINF_TRY(takes(name, path));
  const std::string_view suffix = suffix_of(path);
  if (suffix == ".npy") return ArrayOutput::create(std::string(name), path, ArrayOutput::Format::npy);
  if (suffix == ".safetensors") return ArrayOutput::create(std::string(name), path, ArrayOutput::Format::safetensors);
  return TextOutputFile::create(path, suffix == ".json" ? TextOutputFile::Format::json : TextOutputFile::Format::text);
}

}  // namespace openinfer
