// What a tensor of a source becomes in the package, as the options of a conversion say.
#pragma once

#include <string>
#include <string_view>

#include "ir/result.h"
#include "oinf/pack/convert.h"

namespace openinfer::pack {

struct TargetType {
  DType type{};
  DType asked{};    // the block type that it is not, if
  std::string why;  // is not empty
  bool panels = false;
};
[[nodiscard]] TargetType target_type(const SourceTensor& tensor, const ConvertOptions& options);

// P0027 for types that weights do not become; U0001 for a pattern of `keep` that no tensor has.
Status check_target_types(const ModelSource& source, const ConvertOptions& options);

}  // namespace openinfer::pack
