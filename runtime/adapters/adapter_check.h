// What --check and a session ask of @image and @audio before anything runs.
#pragma once

#include <optional>
#include <vector>

#include "ir/package_info.h"
#include "ir/program.h"
#include "ir/result.h"

namespace openinfer {

// adapter: stands on a tensor of this type and shape; sizes that only inputs give are nullopt. package may be null.
// E0502 with the adapter's span, I0009 where the package's values do not fit.
[[nodiscard]] Status check_adapter(const Adapter& adapter, DType dtype,
                                   const std::vector<std::optional<int64_t>>& shape, const DimTable& dims,
                                   const PackageInfo* package);

}  // namespace openinfer
