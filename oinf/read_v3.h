// Reads the index of a version 3 package (docs/spec/oinf.md).
#pragma once

#include <cstddef>
#include <span>

#include "ir/result.h"
#include "oinf/package_index.h"

namespace openinfer {

// `file` is the whole mapped file, known to begin with the magic and version 3. Touches the header and the index only.
Result<PackageIndex> read_v3(std::span<const std::byte> file);

}  // namespace openinfer
