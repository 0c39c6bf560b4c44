// What the index of a package says, in memory. Names are views into a copy of it, not into the mapped file, which may
// lose its pages when somebody cuts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/package_info.h"
#include "oinf/checksum.h"
#include "oinf/quantisation.h"

namespace openinfer {

// A payload: bytes of the file and, in version 3, their checksum.
struct Extent {
  uint64_t offset = 0;
  uint64_t size = 0;
  Checksum checksum{};
};

struct TensorEntry {
  TensorInfo info;
  bool has_data = true;  // version 2 may declare a tensor without values
  Extent data;
  std::optional<Quantisation> quantisation;
  Extent scales, zero_points;  // empty without a quantisation
  Extent quantisation_record;  // version 2 keeps all three in one record
};

struct AttachmentEntry {
  std::string_view name;
  Extent data;
};

struct SourceFile {
  std::string name;  // without folders
  uint64_t size = 0;
  Checksum checksum{};
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

// Where the package came from: no times, no folders, so that the same input gives the same bytes.
struct Provenance {
  std::string packer;                // program and version
  std::vector<std::string> options;  // what it was told
  std::vector<SourceFile> sources;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// A file of the packed graph. Includes have the paths by which the files including them name them, from the main
// graph's folder.
struct GraphSource {
  std::string path;
  std::string text;  // UTF-8
  friend bool operator==(const GraphSource&, const GraphSource&) = default;
};

struct PackageIndex {
  std::vector<std::byte> bytes;  // what the views point into
  uint32_t version = 0;
  uint32_t numerics_id = 0;  // 0 in version 2
  std::string architecture;
  std::vector<std::pair<std::string_view, int64_t>> sizes;
  std::vector<std::pair<std::string_view, MetaValue>> metadata;
  std::vector<std::string> labels;
  std::vector<TensorEntry> tensors;
  std::optional<Extent> tokenizer;
  std::vector<AttachmentEntry> graph;  // the main graph first
  Provenance provenance;
  Checksum checksum{};        // of the index
  uint64_t payloads_end = 0;  // where the index begins; 0 in version 2
};

}  // namespace openinfer
