// Makes safetensors files for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../temporary_folder.h"
#include "oinf/byte_writer.h"

namespace openinfer::testing {

inline std::vector<std::byte> safetensors(std::string_view header, size_t data_bytes) {
  ByteWriter out;
  out.u64(header.size());
  out.raw(header.data(), header.size());
  for (size_t i = 0; i < data_bytes; ++i) out.u8(static_cast<uint8_t>(i));
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace openinfer::testing
