#include "oinf/package.h"

#include <fmt/format.h>

#include <cstring>

#include "oinf/format.h"
#include "oinf/package_text.h"
#include "oinf/read_v2.h"
#include "oinf/read_v3.h"
#include "oinf/tokenizer_record.h"

namespace openinfer {
namespace {

Result<PackageIndex> read_index(std::span<const std::byte> file) {
  constexpr size_t kPrefix = format::kMagic.size() + 4;
  if (file.size() < kPrefix) return Diagnostic(Code::P0002, fmt::format("{} bytes are no package", file.size()));
  if (std::memcmp(file.data(), format::kMagic.data(), format::kMagic.size()) != 0)
    return Diagnostic(Code::P0003, "not a package: it does not begin with OINF");
  uint32_t version = 0;
  std::memcpy(&version, file.data() + format::kMagic.size(), sizeof version);
  if (version == 2) return read_v2(file);
  if (version == 3) return read_v3(file);
  return Diagnostic(Code::P0004, fmt::format("package version {}; this release reads 2 and 3", version));
}

}  // namespace

Package::Package(std::string path, MappedFile file, PackageIndex index)
    : path_(std::move(path)), file_(std::move(file)), index_(std::move(index)) {
  tensor_index_.reserve(index_.tensors.size());
  for (uint32_t i = 0; i < index_.tensors.size(); ++i) tensor_index_.emplace(index_.tensors[i].info.name, i);
  metadata_index_.reserve(index_.metadata.size());
  for (uint32_t i = 0; i < index_.metadata.size(); ++i) metadata_index_.emplace(index_.metadata[i].first, i);
  size_index_.reserve(index_.sizes.size());
  for (uint32_t i = 0; i < index_.sizes.size(); ++i) size_index_.emplace(index_.sizes[i].first, i);
}

Result<std::shared_ptr<const Package>> Package::open(const std::string& path) {
  OINF_ASSIGN(MappedFile file, MappedFile::open(path));
  auto index = read_index(file.bytes());
  if (!index.ok()) {
    Diagnostic d = std::move(index).error();
    d.message = fmt::format("{}: {}", path, d.message);
    return d;
  }
  return std::shared_ptr<const Package>(new Package(path, std::move(file), std::move(index).value()));
}

std::optional<TensorInfo> Package::find_tensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  if (found == tensor_index_.end()) return std::nullopt;
  return index_.tensors[found->second].info;
}

const MetaValue* Package::find_metadata(std::string_view key) const {
  const auto found = metadata_index_.find(key);
  return found == metadata_index_.end() ? nullptr : &index_.metadata[found->second].second;
}

std::optional<int64_t> Package::find_size(std::string_view name) const {
  const auto found = size_index_.find(name);
  if (found == size_index_.end()) return std::nullopt;
  return index_.sizes[found->second].second;
}

std::vector<std::string_view> Package::tensor_names() const {
  std::vector<std::string_view> names;
  names.reserve(index_.tensors.size());
  for (const TensorEntry& t : index_.tensors) names.push_back(t.info.name);
  return names;
}

std::vector<std::string_view> Package::metadata_names() const {
  std::vector<std::string_view> names;
  names.reserve(index_.metadata.size());
  for (const auto& [key, value] : index_.metadata) names.push_back(key);
  return names;
}

Result<const TensorEntry*> Package::entry(std::string_view tensor) const {
  const auto found = tensor_index_.find(tensor);
  if (found == tensor_index_.end()) return Diagnostic(Code::P0026, fmt::format("{}: no tensor `{}`", path_, tensor));
  return &index_.tensors[found->second];
}

Result<std::span<const std::byte>> Package::payload(std::string_view tensor) const {
  OINF_ASSIGN(const TensorEntry* t, entry(tensor));
  if (!t->has_data) return Diagnostic(Code::P0026, fmt::format("{}: tensor `{}` has no values", path_, tensor));
  OINF_TRY(file_.unchanged());
  return bytes(t->data);
}

Result<std::optional<Package::QuantisedPayload>> Package::quantisation(std::string_view tensor) const {
  OINF_ASSIGN(const TensorEntry* t, entry(tensor));
  OINF_TRY(file_.unchanged());
  std::optional<QuantisedPayload> found;
  if (t->quantisation) found = {*t->quantisation, bytes(t->scales), bytes(t->zero_points)};
  if (t->quantisation_record.offset != 0) {
    OINF_ASSIGN(const V2Quantisation q, read_v2_quantisation(bytes(t->quantisation_record), t->info.shape));
    found = {q.quantisation, q.scales, q.zero_points};
  }
  return found;
}

Status Package::check(const Extent& extent, const std::string& what) const {
  if (index_.version < 3 || checksum(bytes(extent)) == extent.checksum) return {};
  return Diagnostic(Code::P0015, fmt::format("{}: {} does not have its checksum", path_, what));
}

Result<TokenizerData> Package::tokenizer() const {
  if (!index_.tokenizer) return Diagnostic(Code::P0026, fmt::format("{}: no tokenizer", path_));
  OINF_TRY(file_.unchanged());
  OINF_TRY(check(*index_.tokenizer, "the tokenizer"));
  return read_tokenizer(bytes(*index_.tokenizer));
}

Result<std::vector<GraphSource>> Package::graph() const {
  OINF_TRY(file_.unchanged());
  std::vector<GraphSource> sources;
  for (const AttachmentEntry& file : index_.graph) {
    OINF_TRY(check(file.data, fmt::format("graph `{}`", file.name)));
    const auto text = bytes(file.data);
    sources.push_back({std::string(file.name), std::string(reinterpret_cast<const char*>(text.data()), text.size())});
    if (!is_utf8(sources.back().text))
      return Diagnostic(Code::P0012, fmt::format("{}: graph `{}` is not UTF-8", path_, file.name));
  }
  return sources;
}

}  // namespace openinfer
