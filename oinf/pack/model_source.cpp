#include "oinf/pack/model_source.h"

#include <fmt/format.h>

#include <filesystem>

#include "oinf/pack/source_file.h"

namespace openinfer::pack {

Result<ModelSource> open_source(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    if (std::filesystem::exists(path + "/config.json", error)) return open_hugging_face(path);
    return Diagnostic(Code::P0022, fmt::format("{}: a folder without config.json", path));
  }
  OINF_ASSIGN(const MappedFile file, MappedFile::open(path));
  if (SafetensorsFile::recognise(file.bytes())) return open_safetensors(path);
  if (GgufFile::recognise(file.bytes())) return open_gguf(path);
  return Diagnostic(Code::P0022, fmt::format("{}: no model folder, safetensors file or GGUF", path));
}

Result<ModelSource> open_safetensors(const std::string& path) {
  OINF_ASSIGN(SafetensorsFile file, SafetensorsFile::open(path));
  ModelSource source;
  source.format = "safetensors";
  source.tensors = file.tensors();
  for (const auto& [key, value] : file.metadata()) source.description.metadata.emplace_back(key, value);
  source.description.provenance.sources.push_back(mapped_source_file(path, file.bytes()));
  source.files.push_back(std::move(file));
  return source;
}

}  // namespace openinfer::pack
