// The post-processor: the special tokens that a tokenizer puts around one text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

struct PostProcessor {
  std::vector<int32_t> before, after;  // ids around the text's own

  // json: as tokenizer.json has it, or empty for none. TemplateProcessing (its form for one text), BertProcessing,
  // RobertaProcessing, ByteLevel (which adds nothing) and Sequence. Ids must be below vocabulary_size.
  // Errors: P0024 names another type, P0025 (malformed).
  static Result<PostProcessor> create(std::string_view json, size_t vocabulary_size);
};

}  // namespace openinfer
