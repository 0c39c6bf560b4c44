// A model as others store it, opened for packing: tensors that stay in their mapped files, and what the package says
// besides. The format is found from the content, never from the name.
#pragma once

#include <string>
#include <vector>

#include "ir/result.h"
#include "oinf/pack/gguf.h"
#include "oinf/pack/safetensors.h"
#include "oinf/package_description.h"

namespace openinfer::pack {

struct ModelSource {
  std::string format;                  // "safetensors", "huggingface" or "gguf"
  std::vector<SourceTensor> tensors;   // in the order in which they are packed
  PackageDescription description;      // no graph, no packer
  std::vector<std::string> dropped;    // what has no place in a package, and why
  std::vector<SafetensorsFile> files;  // hold the tensors
  std::vector<GgufFile> gguf_files;    // likewise
};

// A Hugging Face folder, a safetensors file or a GGUF. P0022 when it is none of them.
Result<ModelSource> open_source(const std::string& path);

// The formats.
Result<ModelSource> open_safetensors(const std::string& path);
Result<ModelSource> open_hugging_face(const std::string& folder);
// A GGUF, or the first part of one that is split (NAME-00001-of-00003.gguf): the others are found beside it. Keys keep
// their names; for architectures that are known (docs/guide.md) configuration and tensors also have the names that a
// Hugging Face checkout gives them, and the rows of query and key projections its order.
Result<ModelSource> open_gguf(const std::string& path);

}  // namespace openinfer::pack
