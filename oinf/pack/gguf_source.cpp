// A GGUF as a source: its parts, its tensors under the names that graphs use, its configuration and its tokenizer.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "oinf/pack/gguf_config.h"
#include "oinf/pack/gguf_names.h"
#include "oinf/pack/gguf_tokenizer.h"
#include "oinf/pack/model_source.h"
#include "oinf/pack/source_file.h"

namespace openinfer::pack {
namespace {

constexpr int64_t kMostParts = 99999;  // five digits of the name

// NAME-00001-of-00003.gguf, or nothing when `path` is not named like a first part.
std::optional<std::string> part_path(const std::string& path, int64_t part, int64_t count) {
  const std::string first = fmt::format("-{:05}-of-{:05}.gguf", 1, count);
  if (!path.ends_with(first)) return std::nullopt;
  return path.substr(0, path.size() - first.size()) + fmt::format("-{:05}-of-{:05}.gguf", part, count);
}

bool is_gpt2_product(std::string_view name) {
  for (const std::string_view end : {".attn_qkv.weight", ".attn_output.weight", ".ffn_up.weight", ".ffn_down.weight"})
    if (name.ends_with(end)) return true;
  return false;
}

class Reader {
 public:
  Result<ModelSource> read(const std::string& path) {
    OINF_ASSIGN(GgufFile first, GgufFile::open(path));
    source_.format = "gguf";
    if (const auto part = first.integer("split.no"); part && *part != 0)
      return Diagnostic(Code::P0023, fmt::format("{}: part {} of a split model; name the first", path, *part + 1));
    const int64_t parts = first.integer("split.count").value_or(1);
    if (parts < 0 || parts > kMostParts)
      return Diagnostic(Code::P0029, fmt::format("{}: split.count is {}", path, parts));
    OINF_TRY(add_file(path, std::move(first)));
    for (int64_t part = 2; part <= parts; ++part) OINF_TRY(add_part(path, part, parts));
    OINF_TRY(check_names(path));
    OINF_TRY(describe(path));
    return std::move(source_);
  }

 private:
  Status add_part(const std::string& path, int64_t part, int64_t parts) {
    const auto name = part_path(path, part, parts);
    std::error_code error;
    if (!name || !std::filesystem::is_regular_file(*name, error))
      return Diagnostic(Code::P0023, fmt::format("{}: part {} of {} is missing{}", path, part, parts,
                                                 name ? " (" + *name + ")" : ""));
    OINF_ASSIGN(GgufFile file, GgufFile::open(*name));
    if (file.integer("split.no") != part - 1 || file.integer("split.count") != parts)
      return Diagnostic(Code::P0023, fmt::format("{}: no part {} of {}", *name, part, parts));
    return add_file(*name, std::move(file));
  }

  Status add_file(const std::string& path, GgufFile file) {
    source_.description.provenance.sources.push_back(mapped_source_file(path, file.bytes()));
    source_.gguf_files.push_back(std::move(file));
    return {};
  }

  Status check_names(const std::string& path) {
    std::unordered_set<std::string_view> names;
    for (const GgufFile& file : source_.gguf_files)
      for (const GgufTensor& t : file.tensors())
        if (!names.insert(t.name).second)
          return Diagnostic(Code::P0009, fmt::format("{}: `{}` is in two parts", path, t.name));
    const auto expected = source_.gguf_files.front().integer("split.tensors.count");
    if (expected && *expected != static_cast<int64_t>(names.size()))
      return Diagnostic(Code::P0023, fmt::format("{}: {} tensors of {}", path, names.size(), *expected));
    return {};
  }

  Status describe(const std::string& path) {
    const GgufFile& first = source_.gguf_files.front();
    PackageDescription& d = source_.description;
    const auto named = [&](Status status) -> Status {
      if (status.ok()) return status;
      Diagnostic error = std::move(status).error();
      error.message = fmt::format("{}: {}", path, error.message);
      return error;
    };
    auto tokenizer = gguf_tokenizer(first);
    if (!tokenizer.ok()) return named(std::move(tokenizer).error());
    d.tokenizer = std::move(tokenizer).value();
    OINF_TRY(named(add_gguf_config(first, d, source_.dropped)));
    const bool known = hugging_face_name(d.architecture, "token_embd.weight").has_value();
    for (const GgufFile& file : source_.gguf_files)
      for (const GgufTensor& t : file.tensors()) {
        if (known && t.name == "rope_freqs.weight" && t.dtype == DType::f32 &&
            add_llama3_rope(t.data, file.big_endian(), d))
          continue;
        SourceTensor made{hugging_face_name(d.architecture, t.name).value_or(t.name), t.dtype, t.shape, t.data};
        made.pair_rows = pair_rows(first, t.name, t.shape);
        made.big_endian = file.big_endian();
        // GPT-2's checkpoints have these as inputs by outputs, GGUF as every other weight.
        made.transposed = d.architecture == "gpt2" && is_gpt2_product(t.name) && t.shape.rank() == 2;
        if (made.transposed) {
          if (is_block(t.dtype))
            return named(Diagnostic(Code::P0027, fmt::format("tensor `{}`: the weights of gpt2 cannot be turned as {}",
                                                             t.name, name(t.dtype))));
          made.shape = {t.shape[1], t.shape[0]};
        }
        source_.tensors.push_back(std::move(made));
      }
    std::unordered_set<std::string_view> names;
    for (const SourceTensor& t : source_.tensors)
      if (!names.insert(t.name).second)
        return Diagnostic(Code::P0009, fmt::format("{}: two tensors would be named `{}`", path, t.name));
    return {};
  }

  ModelSource source_;
};

}  // namespace

Result<ModelSource> open_gguf(const std::string& path) { return Reader().read(path); }

}  // namespace openinfer::pack
