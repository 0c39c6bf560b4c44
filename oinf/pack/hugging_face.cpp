// A folder as save_pretrained writes it: config.json, weights in one safetensors file or in shards, and what stands
// beside them of tokenizer, generation settings, chat template and picture settings.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "oinf/pack/config_metadata.h"
#include "oinf/pack/image_rules.h"
#include "oinf/pack/json_file.h"
#include "oinf/pack/labels.h"
#include "oinf/pack/model_source.h"
#include "oinf/pack/source_file.h"
#include "oinf/pack/special_tokens.h"
#include "oinf/pack/tokenizer_files.h"
#include "oinf/pack/vocab_files.h"
#include "oinf/text/tokenizer_json.h"

namespace openinfer::pack {
namespace {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) { source_.format = "huggingface"; }

  Result<ModelSource> read() {
    OINF_ASSIGN(const auto config, json("config.json"));
    if (!config || !config->is_object())
      return Diagnostic(Code::P0021, fmt::format("{}/config.json is no object", path_));
    OINF_ASSIGN(const auto generation, json("generation_config.json"));
    OINF_ASSIGN(const auto tokenizer_config, json("tokenizer_config.json"));
    OINF_ASSIGN(const auto special_tokens, json("special_tokens_map.json"));
    OINF_TRY(read_tokenizer(*config, tokenizer_config, special_tokens));
    read_config(*config, generation);
    add_special_ids(special_tokens, tokenizer_config, source_.description);
    OINF_TRY(read_pictures(*config));
    OINF_TRY(read_pooling());
    OINF_TRY(read_weights());
    std::sort(source_.description.provenance.sources.begin(), source_.description.provenance.sources.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.name < b.name; });
    return std::move(source_);
  }

 private:
  [[nodiscard]] bool has(const std::string& name) const {
    std::error_code error;
    return std::filesystem::is_regular_file(path_ + "/" + name, error);
  }

  Result<std::optional<std::string>> text(const std::string& name) {
    if (!has(name)) return std::optional<std::string>();
    OINF_ASSIGN(std::string content, read_text(path_ + "/" + name));
    source_.description.provenance.sources.push_back(source_file(name, std::as_bytes(std::span(content))));
    return std::optional(std::move(content));
  }

  Result<std::optional<Json>> json(const std::string& name) {
    OINF_ASSIGN(const auto content, text(name));
    if (!content) return std::optional<Json>();
    OINF_ASSIGN(Json parsed, parse_json(*content, path_ + "/" + name));
    return std::optional(std::move(parsed));
  }

  void read_config(Json config, const std::optional<Json>& generation) {
    PackageDescription& d = source_.description;
    if (const auto type = config.find("model_type"); type != config.end() && type->is_string())
      d.architecture = type->get<std::string>();
    // The names of classes become labels, and would otherwise be two metadata each.
    if (auto labels = labels_of(config)) {
      d.labels = std::move(*labels);
      config.erase("id2label");
      config.erase("label2id");
    }
    ConfigMetadata found;
    add_config(config, "", found);
    d.sizes = integer_sizes(found.metadata);
    if (generation) add_config(*generation, "generation_config.", found);
    d.metadata = std::move(found.metadata);
    d.metadata.emplace_back("stop_tokens", stop_tokens(config, generation));
    source_.dropped = std::move(found.dropped);
  }

  // tokenizer.json, or what older folders have in its place.
  Result<std::optional<std::string>> tokenizer_text(const Json& config, const std::optional<Json>& tokenizer_config,
                                                    const std::optional<Json>& special_tokens, std::string& name) {
    name = "tokenizer.json";
    OINF_ASSIGN(auto whole, text(name));
    if (whole || !has("vocab.json")) return whole;
    name = "vocab.json";
    if (!is_byte_level(config, tokenizer_config)) {
      source_.dropped.push_back("vocab.json: only GPT-2 and Whisper are read without a tokenizer.json");
      return std::optional<std::string>();
    }
    OINF_ASSIGN(const auto vocab, json(name));
    OINF_ASSIGN(const auto merges, text("merges.txt"));
    OINF_ASSIGN(const auto added, json("added_tokens.json"));
    OINF_ASSIGN(std::string made,
                tokenizer_json_of(*vocab, merges.value_or(""), added, special_tokens, tokenizer_config));
    return std::optional(std::move(made));
  }

  Status read_tokenizer(const Json& config, const std::optional<Json>& tokenizer_config,
                        const std::optional<Json>& special_tokens) {
    std::string name;
    const auto of_file = [&](Diagnostic d) {
      d.message = fmt::format("{}/{}: {}", path_, name, d.message);
      return d;
    };
    auto content = tokenizer_text(config, tokenizer_config, special_tokens, name);
    if (!content.ok()) return name == "vocab.json" ? of_file(std::move(content).error()) : std::move(content).error();
    const bool model = !*content && has("tokenizer.model");
    std::optional<Json> added;
    if (model) {
      name = "tokenizer.model";
      OINF_ASSIGN(added, json("added_tokens.json"));
      OINF_ASSIGN(*content, text(name));
    }
    if (!*content) return {};
    auto tokenizer =
        model ? sentencepiece_tokenizer(**content, tokenizer_config, added) : import_tokenizer_json(**content);
    if (!tokenizer.ok()) return of_file(std::move(tokenizer).error());
    add_begin_and_end(special_tokens, tokenizer_config, *tokenizer);
    OINF_ASSIGN(const auto own_file, text("chat_template.jinja"));
    tokenizer->chat_template = own_file ? *own_file : chat_template(tokenizer_config);
    source_.description.tokenizer = std::move(tokenizer).value();
    return {};
  }

  Status read_pictures(const Json& config) {
    OINF_ASSIGN(const auto preprocessor, json("preprocessor_config.json"));
    if (!preprocessor) return {};
    std::optional<int64_t> side;
    if (const auto size = config.find("image_size"); size != config.end() && size->is_number_integer())
      side = size->get<int64_t>();
    ImageRules rules = image_rules(*preprocessor, side);
    if (!rules.problem.empty())
      source_.dropped.push_back(
          fmt::format("preprocessor_config.json: {} has no counterpart in the image adapter", rules.problem));
    for (auto& entry : rules.metadata) source_.description.metadata.push_back(std::move(entry));
    return {};
  }

  // What a sentence model makes of its tokens' vectors.
  Status read_pooling() {
    OINF_ASSIGN(const auto pooling, json("1_Pooling/config.json"));
    if (!pooling) return {};
    ConfigMetadata found;
    add_config(*pooling, "pooling.", found);
    for (auto& entry : found.metadata) source_.description.metadata.push_back(std::move(entry));
    return {};
  }

  Status read_weights() {
    OINF_ASSIGN(const auto index, json("model.safetensors.index.json"));
    if (index) return read_shards(*index);
    if (has("model.safetensors")) return add_file("model.safetensors");
    return Diagnostic(Code::P0023,
                      fmt::format("{}: neither model.safetensors nor model.safetensors.index.json", path_));
  }

  Status add_file(const std::string& name) {
    OINF_ASSIGN(SafetensorsFile file, SafetensorsFile::open(path_ + "/" + name));
    source_.description.provenance.sources.push_back(mapped_source_file(name, file.bytes()));
    source_.tensors.insert(source_.tensors.end(), file.tensors().begin(), file.tensors().end());
    source_.files.push_back(std::move(file));
    return {};
  }

  Status read_shards(const Json& index) {
    const auto map = index.is_object() ? index.find("weight_map") : index.end();
    if (!index.is_object() || map == index.end() || !map->is_object())
      return Diagnostic(Code::P0023, fmt::format("{}: the index of the shards has no weight_map", path_));
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : map->items()) {
      if (!shard.is_string())
        return Diagnostic(Code::P0023, fmt::format("{}: the shard of `{}` is no name", path_, tensor));
      const auto name = shard.get<std::string>();
      if (name.find('/') != std::string::npos || name == "..")
        return Diagnostic(Code::P0023, fmt::format("{}: the shard `{}` is not in the folder", path_, name));
      shards.insert(name);
    }
    for (const std::string& shard : shards) {
      if (!has(shard)) return Diagnostic(Code::P0023, fmt::format("{}: the shard {} is missing", path_, shard));
      OINF_TRY(add_file(shard));
    }
    std::set<std::string_view> found;
    for (const SourceTensor& t : source_.tensors)
      if (!found.insert(t.name).second)
        return Diagnostic(Code::P0009, fmt::format("{}: `{}` is in two shards", path_, t.name));
    for (const auto& [tensor, shard] : map->items())
      if (!found.contains(tensor))
        return Diagnostic(Code::P0023, fmt::format("{}: `{}` is not in {}", path_, tensor, shard.get<std::string>()));
    return {};
  }

  std::string path_;
  ModelSource source_;
};

}  // namespace

Result<ModelSource> open_hugging_face(const std::string& folder) { return Folder(folder).read(); }

}  // namespace openinfer::pack
