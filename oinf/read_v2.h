// Reads the index of a version 2 package, the layout in which OpenInfer's Python tool writes. Read-only.
#pragma once

#include <cstddef>
#include <span>

#include "ir/result.h"
#include "oinf/package_index.h"

namespace openinfer {

// `file` is the whole mapped file, known to begin with the magic and version 2. Touches tables and metadata only.
Result<PackageIndex> read_v2(std::span<const std::byte> file);

// A quantisation record of that version: 48 bytes, f32 scales, i32 zero points, zeros up to a multiple of 8.
struct V2Quantisation {
  Quantisation quantisation;
  std::span<const std::byte> scales;
  std::span<const std::byte> zero_points;
};
Result<V2Quantisation> read_v2_quantisation(std::span<const std::byte> record, const Shape& shape);

}  // namespace openinfer
