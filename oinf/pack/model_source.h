// A model as others store it, opened for packing: tensors that stay in their mapped files, and what the package says
// besides. The format is found from the content, never from the name.
#pragma once

#include <string>
#include <vector>

#include "ir/result.h"
#include "oinf/pack/safetensors.h"
#include "oinf/package_description.h"

namespace openinfer::pack {

struct ModelSource {
  std::string format;                  // "safetensors" or "huggingface"
  std::vector<SourceTensor> tensors;   // in the order in which they are packed
  PackageDescription description;      // no graph, no packer
  std::vector<std::string> dropped;    // what has no place in a package, and why
  std::vector<SafetensorsFile> files;  // hold the tensors
};

// A Hugging Face folder or a safetensors file. P0022 when it is neither.
Result<ModelSource> open_source(const std::string& path);

// The two formats.
Result<ModelSource> open_safetensors(const std::string& path);
Result<ModelSource> open_hugging_face(const std::string& folder);

}  // namespace openinfer::pack
