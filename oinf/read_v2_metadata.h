// Metadata payloads of version 2: typed scalars, texts, bitsets and arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ir/package_info.h"
#include "ir/result.h"

namespace openinfer {

// Only A-Z a-z 0-9 . _ -
[[nodiscard]] bool is_v2_text(std::string_view text);

// Integers become i64 (f64 past 2^63), floats f64 exactly, an array of any rank its values in row-major order, a
// bitset a list of bools.
Result<MetaValue> read_v2_metadata(uint32_t type, std::span<const std::byte> payload, std::string_view key);

}  // namespace openinfer
