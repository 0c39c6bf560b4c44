// A file that a package is made of, as the package remembers it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "oinf/package_index.h"

namespace openinfer::pack {

[[nodiscard]] inline SourceFile source_file(const std::string& path, std::span<const std::byte> bytes) {
  return {std::filesystem::path(path).filename().string(), bytes.size(), checksum(bytes)};
}

}  // namespace openinfer::pack
