// A file that a package is made of, as the package remembers it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "oinf/checksum.h"
#include "oinf/mapped_file.h"
#include "oinf/package_index.h"

namespace openinfer::pack {

[[nodiscard]] inline SourceFile source_file(const std::string& path, std::span<const std::byte> bytes) {
  return {std::filesystem::path(path).filename().string(), bytes.size(), checksum(bytes)};
}

// The same for a mapped file, which may be larger than the memory: its pages are given back on the way.
[[nodiscard]] inline SourceFile mapped_source_file(const std::string& path, std::span<const std::byte> bytes) {
  constexpr size_t kPiece = size_t{1} << 26;
  ChecksumStream sum;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    sum.update(piece);
    MappedFile::forget(piece);
  }
  return {std::filesystem::path(path).filename().string(), bytes.size(), sum.digest()};
}

}  // namespace openinfer::pack
