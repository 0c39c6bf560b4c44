// The configuration that GGUF keys describe: under the keys' own names, and for architectures that are known under the
// names of a config.json, so that one graph serves both.
#pragma once

#include "oinf/pack/gguf.h"
#include "oinf/package_description.h"

namespace openinfer::pack {

// Fills architecture, sizes and metadata; `tokenizer` of the description must be set before. `dropped` names what has
// no place. Errors: P0027 names a rotary scaling or another setting that would change the results and is not supported.
Status add_gguf_config(const GgufFile& file, PackageDescription& description, std::vector<std::string>& dropped);

// Heads whose rows the llama architecture stores as pairs: rows of a head for tensor `name` (as the file spells it), or
// 0 for a tensor whose rows stay.
[[nodiscard]] uint64_t pair_rows(const GgufFile& file, std::string_view name, const Shape& shape);

// Metadata for the factors by which `rope_freqs.weight` (f32) slows each rotary frequency, if they are Llama 3's bands;
// false when they are not, and the tensor must stay.
bool add_llama3_rope(std::span<const std::byte> factors, bool big_endian, PackageDescription& description);

}  // namespace openinfer::pack
