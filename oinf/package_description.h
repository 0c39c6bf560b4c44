// What a package says besides its tensors, as a writer is told it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/package_info.h"
#include "oinf/package_index.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

struct PackageDescription {
  uint32_t numerics_id = 0;
  std::string architecture;
  std::vector<std::pair<std::string, int64_t>> sizes;       // written in the order of their names
  std::vector<std::pair<std::string, MetaValue>> metadata;  // likewise
  std::vector<std::string> labels;
  std::optional<TokenizerData> tokenizer;
  std::vector<GraphSource> graph;  // the main graph first
  Provenance provenance;
};

}  // namespace openinfer
