// What a compiler must know of a package without touching a payload. oinf::Package implements it; tests make their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/dtype.h"
#include "ir/shape.h"

namespace openinfer {

struct TensorInfo {
  std::string_view name;
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  Shape shape;
  uint64_t bytes = 0;  // of the payload
};

// Metadata of the package: what a configuration file may hold. Lists are of one kind.
using MetaValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                               std::vector<std::string>, std::vector<bool>>;

class PackageInfo {
 public:
  virtual ~PackageInfo() = default;
  [[nodiscard]] virtual std::optional<TensorInfo> find_tensor(std::string_view name) const = 0;
  // Nothing when the package has no such key.
  [[nodiscard]] virtual const MetaValue* find_metadata(std::string_view key) const = 0;
  // A size variable of the package: its integers by name.
  [[nodiscard]] virtual std::optional<int64_t> find_size(std::string_view name) const = 0;
  // Names of everything, for near-name hints.
  [[nodiscard]] virtual std::vector<std::string_view> tensor_names() const = 0;
  [[nodiscard]] virtual std::vector<std::string_view> metadata_names() const = 0;
};

}  // namespace openinfer
