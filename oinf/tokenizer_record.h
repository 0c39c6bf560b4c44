// The tokenizer as an attachment of a package (docs/spec/oinf.md, "The tokenizer").
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ir/result.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

[[nodiscard]] std::vector<std::byte> write_tokenizer(const TokenizerData& tokenizer);
// P0025 when the record is malformed: counts that do not agree, merges of ids outside the vocabulary, bad UTF-8.
Result<TokenizerData> read_tokenizer(std::span<const std::byte> record);

}  // namespace openinfer
