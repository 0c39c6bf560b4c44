// Metadata values as they stand in a version 3 index.
#pragma once

#include <string_view>

#include "ir/package_info.h"
#include "ir/result.h"
#include "oinf/byte_reader.h"

namespace openinfer {

// `kind` is a format::MetadataKind; `key` is for the message.
Result<MetaValue> read_metadata_value(ByteReader& in, uint32_t kind, std::string_view key);

}  // namespace openinfer
