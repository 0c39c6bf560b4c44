#include "oinf/tools/source_info.h"

#include "ir/panel16.h"
#include "oinf/pack/target_type.h"

namespace openinfer {

SourceInfo::SourceInfo(const pack::ModelSource& source, const pack::ConvertOptions& options) {
  for (const pack::SourceTensor& t : source.tensors) {
    const DType type = pack::target_type(t, options).type;
    const uint64_t bytes = payload_bytes(type, Layout::rowmajor, t.shape).value_or(0);
    tensors_.emplace(t.name, TensorInfo{t.name, type, Layout::rowmajor, t.shape, bytes});
  }
  for (const auto& [key, value] : source.description.metadata) metadata_.emplace(key, &value);
  for (const auto& [name, value] : source.description.sizes) sizes_.emplace(name, value);
}

std::optional<TensorInfo> SourceInfo::find_tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? std::nullopt : std::optional(found->second);
}

const MetaValue* SourceInfo::find_metadata(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : found->second;
}

std::optional<int64_t> SourceInfo::find_size(std::string_view name) const {
  const auto found = sizes_.find(name);
  return found == sizes_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string_view> SourceInfo::tensor_names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

std::vector<std::string_view> SourceInfo::metadata_names() const {
  std::vector<std::string_view> names;
  for (const auto& [key, value] : metadata_) names.push_back(key);
  return names;
}

}  // namespace openinfer
