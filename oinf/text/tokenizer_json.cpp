#include "oinf/text/tokenizer_json.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using text_json::Json;
using text_json::member;

// Ids are indices into a list, so an id far above the number of tokens would make the list huge for nothing.
constexpr uint64_t kMaxUnusedIds = 65536;
constexpr uint64_t kMaxVocabulary = uint64_t{1} << 22;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 29;

using IdOf = std::unordered_map<std::string_view, uint32_t>;

Diagnostic malformed(std::string message) { return {Code::P0025, std::move(message)}; }
Diagnostic unsupported(std::string message) { return {Code::P0024, std::move(message)}; }

std::string in_ticks(std::string_view text) {
  constexpr size_t kShown = 60;
  return "`" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "…`" : "`");
}

class Importer {
 public:
  explicit Importer(const Json& root) : root_(root) {}

  Result<TokenizerData> run() {
    if (!root_.is_object()) return malformed("tokenizer.json must be an object");
    const Json* model = member(root_, "model");
    if (!model || !model->is_object()) return malformed("tokenizer.json has no `model` object");
    model_ = model;
    OINF_TRY(find_kind());
    OINF_TRY(measure());
    OINF_TRY(type_ == "Unigram" ? read_pieces() : read_vocabulary());
    OINF_TRY(read_added());
    if (type_ == "BPE") OINF_TRY(read_merges());
    OINF_TRY(read_options());
    OINF_TRY(keep_component("normalizer", data_.normalizer));
    OINF_TRY(keep_component("pre_tokenizer", data_.pre_tokenizer));
    OINF_TRY(keep_component("post_processor", data_.post_processor));
    OINF_TRY(keep_component("decoder", data_.decoder));
    return std::move(data_);
  }

 private:
  // True when the component or one of its members in a Sequence has the type.
  bool uses(const char* key, const std::string& type) const {
    const Json* component = member(root_, key);
    return component && uses_in(*component, type);
  }
  static bool uses_in(const Json& component, const std::string& type) {
    const Json* own = member(component, "type");
    if (own && own->is_string() && own->get_ref<const std::string&>() == type) return true;
    for (const char* list : {"pretokenizers", "decoders", "processors"}) {
      const Json* inner = member(component, list);
      if (inner && inner->is_array() &&
          std::any_of(inner->begin(), inner->end(), [&](const Json& part) { return uses_in(part, type); }))
        return true;
    }
    return false;
  }

  Status find_kind() {
    OINF_ASSIGN(type_, text_json::string_or(*model_, "type", ""));
    // Files of old versions leave the type out.
    if (type_.empty() && member(*model_, "merges")) type_ = "BPE";
    if (type_ == "BPE") {
      const bool bytes = uses("pre_tokenizer", "ByteLevel") || uses("decoder", "ByteLevel");
      data_.kind = bytes ? TokenizerKind::byte_bpe : TokenizerKind::sentencepiece_bpe;
    } else if (type_ == "WordPiece") {
      data_.kind = TokenizerKind::wordpiece;
    } else if (type_ == "Unigram") {
      data_.kind = TokenizerKind::unigram;
    } else if (type_.empty()) {
      return malformed("the model of tokenizer.json has no type");
    } else {
      return unsupported("tokenizer model " + in_ticks(type_) + "; BPE, WordPiece and Unigram are");
    }
    return {};
  }

  // Sets the bound that every id must stay below.
  Status measure() {
    const Json* vocabulary = member(*model_, "vocab");
    const bool list = type_ == "Unigram";
    if (!vocabulary || (list ? !vocabulary->is_array() : !vocabulary->is_object()))
      return malformed(list ? "`vocab` must be a list" : "`vocab` must be an object");
    if (vocabulary->empty()) return malformed("`vocab` is empty");
    const Json* added = member(root_, "added_tokens");
    if (added && !added->is_array()) return malformed("`added_tokens` must be a list");
    id_end_ = std::min(kMaxVocabulary, vocabulary->size() + (added ? added->size() : 0) + kMaxUnusedIds);
    if (vocabulary->size() > id_end_)
      return malformed("`vocab` has more than " + std::to_string(kMaxVocabulary) + " tokens");
    return {};
  }

  Result<uint32_t> id_from(const Json& value, std::string_view token) const {
    if (!value.is_number_unsigned()) return malformed("the id of " + in_ticks(token) + " is not a whole number from 0");
    const uint64_t id = value.get<uint64_t>();
    if (id >= id_end_)
      return malformed("the id " + std::to_string(id) + " of " + in_ticks(token) + " is past the vocabulary");
    return static_cast<uint32_t>(id);
  }

  void grow_to(uint32_t id) {
    if (data_.vocabulary.size() <= id) data_.vocabulary.resize(size_t{id} + 1);
  }

  Status read_vocabulary() {
    const Json& vocabulary = *member(*model_, "vocab");
    std::vector<bool> used(id_end_, false);
    id_of_.reserve(vocabulary.size());
    for (auto it = vocabulary.begin(); it != vocabulary.end(); ++it) {
      OINF_ASSIGN(const uint32_t id, id_from(it.value(), it.key()));
      if (used[id])
        return malformed("the id " + std::to_string(id) + " has two tokens, one of them " + in_ticks(it.key()));
      used[id] = true;
      grow_to(id);
      data_.vocabulary[id] = it.key();
      id_of_.emplace(it.key(), id);
    }
    return {};
  }

  Status read_pieces() {
    const Json& pieces = *member(*model_, "vocab");
    data_.vocabulary.reserve(pieces.size());
    data_.scores.reserve(pieces.size());
    for (const Json& piece : pieces) {
      const std::string at = " at index " + std::to_string(data_.vocabulary.size());
      if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number())
        return malformed("`vocab` must hold pairs of a text and a score" + at);
      const std::string& text = piece[0].get_ref<const std::string&>();
      if (!id_of_.emplace(text, static_cast<uint32_t>(data_.vocabulary.size())).second)
        return malformed("`vocab` has " + in_ticks(text) + " twice" + at);
      data_.vocabulary.push_back(text);
      data_.scores.push_back(piece[1].get<float>());
    }
    return {};
  }

  Status read_added() {
    const Json* list = member(root_, "added_tokens");
    if (!list) return {};
    std::vector<bool> used(id_end_, false);
    for (const Json& token : *list) {
      AddedToken added;
      OINF_ASSIGN(added.content, text_json::string_or(token, "content", ""));
      if (added.content.empty()) return malformed("an added token has no content");
      const Json* id = member(token, "id");
      if (!id) return malformed("the added token " + in_ticks(added.content) + " has no id");
      OINF_ASSIGN(added.id, id_from(*id, added.content));
      if (used[added.id]) return malformed("the id " + std::to_string(added.id) + " has two added tokens");
      used[added.id] = true;
      OINF_ASSIGN(added.special, text_json::bool_or(token, "special", false));
      OINF_ASSIGN(added.single_word, text_json::bool_or(token, "single_word", false));
      OINF_ASSIGN(added.lstrip, text_json::bool_or(token, "lstrip", false));
      OINF_ASSIGN(added.rstrip, text_json::bool_or(token, "rstrip", false));
      OINF_ASSIGN(added.normalized, text_json::bool_or(token, "normalized", !added.special));
      grow_to(added.id);
      std::string& held = data_.vocabulary[added.id];
      if (!held.empty() && held != added.content)
        return malformed("the id " + std::to_string(added.id) + " is " + in_ticks(held) + " and the added token " +
                         in_ticks(added.content));
      held = added.content;
      data_.added.push_back(std::move(added));
    }
    // Scores are one per id; an added token outside the model has none of its own.
    if (!data_.scores.empty()) data_.scores.resize(data_.vocabulary.size(), 0.0F);
    return {};
  }

  Status read_merges() {
    const Json* merges = member(*model_, "merges");
    if (!merges) return {};
    if (!merges->is_array()) return malformed("`merges` must be a list");
    data_.merges.reserve(merges->size());
    std::string joined;
    for (const Json& merge : *merges) {
      const size_t rank = data_.merges.size();
      std::string_view left, right;
      if (merge.is_string()) {
        const std::string_view both = merge.get_ref<const std::string&>();
        const size_t space = both.find(' ');
        if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
          return malformed("merge " + std::to_string(rank) + " must be two tokens with one space between");
        left = both.substr(0, space);
        right = both.substr(space + 1);
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        left = merge[0].get_ref<const std::string&>();
        right = merge[1].get_ref<const std::string&>();
      } else {
        return malformed("merge " + std::to_string(rank) + " must be a string or a pair of strings");
      }
      joined.assign(left).append(right);
      const std::string_view parts[] = {left, right, joined};
      for (std::string_view part : parts)
        if (!id_of_.contains(part))
          return malformed("merge " + std::to_string(rank) + " names " + in_ticks(part) +
                           ", which is not in the vocabulary");
      data_.merges.emplace_back(id_of_.find(left)->second, id_of_.find(right)->second);
    }
    return {};
  }

  Status read_options() {
    Json options = Json::object();
    for (auto it = model_->begin(); it != model_->end(); ++it) {
      const bool bulk = it.key() == "vocab" || it.key() == "merges" || it.key() == "type";
      if (!bulk && !it.value().is_null()) options[it.key()] = it.value();
    }
    if (const Json* dropout = member(options, "dropout"); dropout && *dropout != 0.0)
      return unsupported("BPE dropout, which makes ids a matter of chance");
    if (type_ == "BPE") {
      OINF_ASSIGN(const std::string prefix, text_json::string_or(options, "continuing_subword_prefix", ""));
      if (!prefix.empty()) return unsupported("`continuing_subword_prefix` of a BPE model");
    }
    data_.model_options = options.dump();
    return {};
  }

  Status keep_component(const char* key, std::string& to) const {
    const Json* component = member(root_, key);
    if (!component) return {};
    if (!component->is_object()) return malformed("`" + std::string(key) + "` must be an object");
    to = component->dump();
    return {};
  }

  const Json& root_;
  const Json* model_ = nullptr;
  std::string type_;
  uint64_t id_end_ = 0;
  IdOf id_of_;  // views of keys of root_
  TokenizerData data_;
};

}  // namespace

Result<TokenizerData> import_tokenizer_json(std::string_view json) {
  if (json.size() > kMaxFileBytes) return malformed("tokenizer.json is larger than 512 MiB");
  OINF_ASSIGN(const Json root, text_json::parse(json, Code::P0025, "tokenizer.json"));
  return Importer(root).run();
}

}  // namespace openinfer
