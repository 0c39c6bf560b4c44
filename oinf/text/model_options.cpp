#include "oinf/text/model_options.h"

#include "oinf/text/json_access.h"

namespace openinfer {

Result<ModelOptions> ModelOptions::read(std::string_view json) {
  ModelOptions options;
  if (json.empty()) return options;
  OINF_ASSIGN(const text_json::Json parsed, text_json::parse(json, Code::P0025, "the tokenizer's model options"));
  OINF_ASSIGN(options.unk_token, text_json::string_or(parsed, "unk_token", ""));
  OINF_ASSIGN(options.end_of_word_suffix, text_json::string_or(parsed, "end_of_word_suffix", ""));
  OINF_ASSIGN(options.continuing_subword_prefix, text_json::string_or(parsed, "continuing_subword_prefix", ""));
  OINF_ASSIGN(options.max_input_chars_per_word, text_json::integer_or(parsed, "max_input_chars_per_word", 100));
  OINF_ASSIGN(options.unk_id, text_json::integer_or(parsed, "unk_id", -1));
  OINF_ASSIGN(options.byte_fallback, text_json::bool_or(parsed, "byte_fallback", false));
  OINF_ASSIGN(options.fuse_unk, text_json::bool_or(parsed, "fuse_unk", false));
  OINF_ASSIGN(options.ignore_merges, text_json::bool_or(parsed, "ignore_merges", false));
  return options;
}

}  // namespace openinfer
