// Stands for the package where the caller gave none: it has nothing, so whatever a graph wants of it is an error that
// says what is missing. (Without any PackageInfo at all, what a package would give stays unknown.)
#pragma once

#include "ir/package_info.h"

namespace openinfer {

class NoPackage final : public PackageInfo {
 public:
  [[nodiscard]] std::optional<TensorInfo> find_tensor(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] const MetaValue* find_metadata(std::string_view) const override { return nullptr; }
  [[nodiscard]] std::optional<int64_t> find_size(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::vector<std::string_view> tensor_names() const override { return {}; }
  [[nodiscard]] std::vector<std::string_view> metadata_names() const override { return {}; }
};

// The one that is compared with: whoever lowers against it means "none was given".
[[nodiscard]] inline const PackageInfo& no_package() {
  static const NoPackage none;
  return none;
}

inline constexpr const char* kGiveAPackage = "give the package behind the graph: oinf-run model.graph model.oinf";

}  // namespace openinfer
