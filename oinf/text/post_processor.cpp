#include "oinf/text/post_processor.h"

#include <string>

#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using text_json::Json;
using text_json::member;

class Reader {
 public:
  Reader(PostProcessor& made, size_t vocabulary_size) : made_(made), vocabulary_size_(vocabulary_size) {}

  // Depth is bounded by the parser of the JSON.
  Status read(const Json& json) {
    OINF_ASSIGN(const std::string type, text_json::component_type(json, "a post-processor"));
    if (type == "ByteLevel") return {};  // sets offsets only
    if (type == "TemplateProcessing") return read_template(json);
    if (type == "BertProcessing" || type == "RobertaProcessing") {
      OINF_TRY(read_pair(json, "cls", made_.before));
      return read_pair(json, "sep", made_.after);
    }
    if (type == "Sequence") {
      const Json* list = member(json, "processors");
      if (!list || !list->is_array()) return Diagnostic(Code::P0025, "`processors` must be a list");
      for (const Json& part : *list) OINF_TRY(read(part));
      return {};
    }
    return Diagnostic(Code::P0024, "post-processor `" + type + "`");
  }

 private:
  Status push(const Json& id, std::vector<int32_t>& to) const {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= vocabulary_size_)
      return Diagnostic(Code::P0025, "the post-processor has an id that is not in the vocabulary: " + id.dump());
    to.push_back(static_cast<int32_t>(id.get<uint64_t>()));
    return {};
  }

  // ["[SEP]", 102]
  Status read_pair(const Json& json, const char* key, std::vector<int32_t>& to) const {
    const Json* pair = member(json, key);
    if (!pair || !pair->is_array() || pair->size() != 2)
      return Diagnostic(Code::P0025, "`" + std::string(key) + "` of the post-processor must be a token and its id");
    return push((*pair)[1], to);
  }

  Status read_template(const Json& json) {
    const Json* single = member(json, "single");
    if (!single || !single->is_array()) return Diagnostic(Code::P0025, "`single` of the post-processor must be a list");
    bool text_seen = false;
    for (const Json& item : *single) {
      if (member(item, "Sequence")) {
        if (text_seen) return Diagnostic(Code::P0024, "post-processor that repeats the text");
        text_seen = true;
      } else if (const Json* token = member(item, "SpecialToken")) {
        OINF_TRY(push_special(json, *token, text_seen ? made_.after : made_.before));
      } else {
        return Diagnostic(Code::P0025, "`single` of the post-processor must hold Sequence and SpecialToken");
      }
    }
    if (!text_seen) return Diagnostic(Code::P0024, "post-processor that drops the text");
    return {};
  }

  Status push_special(const Json& json, const Json& token, std::vector<int32_t>& to) const {
    OINF_ASSIGN(const std::string name, text_json::string_or(token, "id", ""));
    const Json* specials = member(json, "special_tokens");
    const Json* special = specials ? member(*specials, name.c_str()) : nullptr;
    const Json* ids = special ? member(*special, "ids") : nullptr;
    if (!ids || !ids->is_array()) return Diagnostic(Code::P0025, "the post-processor has no ids for `" + name + "`");
    for (const Json& id : *ids) OINF_TRY(push(id, to));
    return {};
  }

  PostProcessor& made_;
  size_t vocabulary_size_;
};

}  // namespace

Result<PostProcessor> PostProcessor::create(std::string_view json, size_t vocabulary_size) {
  PostProcessor made;
  if (json.empty()) return made;
  OINF_ASSIGN(const Json parsed, text_json::parse(json, Code::P0025, "the post-processor"));
  OINF_TRY(Reader(made, vocabulary_size).read(parsed));
  return made;
}

}  // namespace openinfer
