// The package that a conversion is going to make, as a compiler looks at one: a graph is checked against it before
// anything is written.
#pragma once

#include <map>
#include <string>

#include "ir/package_info.h"
#include "oinf/pack/convert.h"

namespace openinfer {

// Keeps what it takes of `source`, but for metadata and names: the source outlives it.
class SourceInfo final : public PackageInfo {
 public:
  // Types are those that `options` make of the source's; layouts are row-major, of which a graph knows nothing.
  SourceInfo(const pack::ModelSource& source, const pack::ConvertOptions& options);
  [[nodiscard]] std::optional<TensorInfo> find_tensor(std::string_view name) const override;
  [[nodiscard]] const MetaValue* find_metadata(std::string_view key) const override;
  [[nodiscard]] std::optional<int64_t> find_size(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string_view> tensor_names() const override;
  [[nodiscard]] std::vector<std::string_view> metadata_names() const override;

 private:
  std::map<std::string_view, TensorInfo> tensors_;
  std::map<std::string_view, const MetaValue*> metadata_;
  std::map<std::string_view, int64_t> sizes_;
};

}  // namespace openinfer
