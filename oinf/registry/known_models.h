// Models that people know by name: their configuration, tensors and sizes. What is known stands in models.json beside
// this file; nothing here is about one model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/package_info.h"
#include "ir/result.h"

namespace openinfer {

struct KnownTensor {
  std::string name;
  Shape shape;
};

struct KnownModel {
  std::string name;          // "Llama 3.2 1B"; of its fine-tunes, too
  std::string from;          // where the original is: a repository of Hugging Face
  std::string architecture;  // as packages name it
  std::string graph;         // file name of the example that runs it
  // As its config.json has it, integers also as sizes. Nested names are joined with dots.
  std::map<std::string, MetaValue> config;
  std::vector<std::string> shape_keys;  // of config: those that decide the tensors
  std::vector<KnownTensor> tensors;

  [[nodiscard]] uint64_t parameters() const;
};

// By name. P0021 when models.json is not what it should be, which a test excludes.
Result<std::vector<KnownModel>> known_models();

// The known model whose shapes a package has, or nullptr.
[[nodiscard]] const KnownModel* detect(const std::vector<KnownModel>& models, std::string_view architecture,
                                       const PackageInfo& package);

// A package of a known model that is not there: all but the payloads. Matrices have the type `matrices`, where their
// rows divide into its blocks, everything else f16; those of `panels` are laid out for `linear`.
class KnownPackage final : public PackageInfo {
 public:
  using InPanels = std::function<bool(std::string_view tensor)>;
  // model outlives the package.
  KnownPackage(const KnownModel& model, DType matrices, const InPanels& panels);

  [[nodiscard]] std::optional<TensorInfo> find_tensor(std::string_view name) const override;
  [[nodiscard]] const MetaValue* find_metadata(std::string_view key) const override;
  [[nodiscard]] std::optional<int64_t> find_size(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string_view> tensor_names() const override;
  [[nodiscard]] std::vector<std::string_view> metadata_names() const override;
  [[nodiscard]] uint64_t bytes() const;  // of all tensors

 private:
  const KnownModel& model_;
  std::map<std::string_view, TensorInfo, std::less<>> tensors_;
};

}  // namespace openinfer
