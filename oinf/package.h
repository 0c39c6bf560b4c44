// A model in one file, opened by mapping it. Opening reads and checks the index; a payload is touched when it is used.
// A Package never changes and may be used by several threads. Views that it gives live as long as it does.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/package_info.h"
#include "ir/result.h"
#include "oinf/mapped_file.h"
#include "oinf/package_index.h"
#include "oinf/text/tokenizer_data.h"

namespace openinfer {

class Package final : public PackageInfo {
 public:
  // Versions 2 and 3. Every way to be wrong has its own code, P0001 to P0018; the message begins with `path`.
  static Result<std::shared_ptr<const Package>> open(const std::string& path);

  [[nodiscard]] std::optional<TensorInfo> find_tensor(std::string_view name) const override;
  [[nodiscard]] const MetaValue* find_metadata(std::string_view key) const override;
  [[nodiscard]] std::optional<int64_t> find_size(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string_view> tensor_names() const override;
  [[nodiscard]] std::vector<std::string_view> metadata_names() const override;

  // The bytes of a tensor as its dtype and layout say, aligned to 64 (version 2: 8). Not read, not checked; P0016 when
  // the file has changed its size, P0026 when there is no such tensor or it has no values.
  [[nodiscard]] Result<std::span<const std::byte>> payload(std::string_view tensor) const;

  // How a tensor's integers become reals; none when they stand for themselves.
  struct QuantisedPayload {
    Quantisation quantisation;
    std::span<const std::byte> scales;
    std::span<const std::byte> zero_points;
  };
  [[nodiscard]] Result<std::optional<QuantisedPayload>> quantisation(std::string_view tensor) const;

  // In the order of the file.
  [[nodiscard]] const std::vector<TensorEntry>& tensors() const { return index_.tensors; }
  [[nodiscard]] const std::vector<std::pair<std::string_view, MetaValue>>& metadata() const { return index_.metadata; }
  [[nodiscard]] const std::vector<std::pair<std::string_view, int64_t>>& sizes() const { return index_.sizes; }
  [[nodiscard]] const std::vector<std::string>& labels() const { return index_.labels; }
  [[nodiscard]] const std::string& architecture() const { return index_.architecture; }  // may be empty
  [[nodiscard]] const Provenance& provenance() const { return index_.provenance; }

  [[nodiscard]] bool has_tokenizer() const { return index_.tokenizer.has_value(); }
  // Decoded at each call. P0026 without one, P0015 and P0025 when it is damaged.
  [[nodiscard]] Result<TokenizerData> tokenizer() const;
  // The main graph, then its includes; empty when the package carries none. P0015, P0012 when it is damaged.
  [[nodiscard]] Result<std::vector<GraphSource>> graph() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  // P0016 when the file was written to since it was opened: what payload() gave is not to be trusted any more.
  [[nodiscard]] Status unchanged() const { return file_.unchanged(); }
  [[nodiscard]] uint32_t version() const { return index_.version; }
  [[nodiscard]] uint32_t numerics_id() const { return index_.numerics_id; }  // 0 in version 2
  [[nodiscard]] uint64_t file_bytes() const { return file_.bytes().size(); }
  // 32 hexadecimal digits. In version 3 two packages of the same content have the same; in version 2 it covers names,
  // shapes and sizes only.
  [[nodiscard]] std::string content_hash() const { return hex(index_.checksum); }
  [[nodiscard]] const Checksum& content_checksum() const { return index_.checksum; }

  // Reads everything: every checksum, padding between payloads, and what opening leaves alone. One diagnostic for
  // each tensor or part that fails.
  [[nodiscard]] Diagnostics verify() const;

 private:
  Package(std::string path, MappedFile file, PackageIndex index);
  [[nodiscard]] std::span<const std::byte> bytes(const Extent& extent) const {
    return file_.bytes().subspan(extent.offset, extent.size);
  }
  [[nodiscard]] Result<const TensorEntry*> entry(std::string_view tensor) const;
  [[nodiscard]] Status check(const Extent& extent, const std::string& what) const;

  std::string path_;
  MappedFile file_;
  PackageIndex index_;
  std::unordered_map<std::string_view, uint32_t> tensor_index_;
  std::unordered_map<std::string_view, uint32_t> metadata_index_;
  std::unordered_map<std::string_view, uint32_t> size_index_;
};

}  // namespace openinfer
