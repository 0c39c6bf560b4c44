// Writes a package, version 3. Payloads go to the file as they come; nothing is kept but the index. The same calls give
// the same bytes. The target appears when finish() succeeds, and never half.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ir/result.h"
#include "oinf/atomic_file.h"
#include "oinf/checksum.h"
#include "oinf/package_description.h"
#include "oinf/write_index.h"

namespace openinfer {

// What a package that is made in several attempts has: a record of it stands where the header will be.
struct PartRecord {
  Checksum identity{};   // of all that decides the tensors' bytes
  Checksum chain{};      // of the checksums of all payloads so far
  uint64_t tensors = 0;  // that were there at the beginning
  Checksum there{};      // and their chain
};

class PackageWriter {
 public:
  static Result<PackageWriter> create(const std::string& path);

  // The same, for a package whose making may be interrupted: what is done stays in the file `part` beside the target
  // until all is. identity: of all that decides the tensors' bytes; a file of another begins anew. P0019 when `part` is
  // something else.
  static Result<PackageWriter> resume(const std::string& path, const std::string& part, const Checksum& identity);
  // What is there counts as nothing from the next resume() on.
  Status begin_anew();
  // After begin_tensor: whether the payload is there from an earlier attempt, and so needs no write().
  // P0015 when the file is not what its record says: there is nothing to go on with.
  Result<bool> payload_is_there();

  // The next tensor. Its payload follows by write(), and with a quantisation the scales and then the zero points, just
  // as many bytes as the shape asks for. P0009, P0012 for the name; P0014, P0018 when the type, the layout, the shape
  // and the quantisation do not go together or the tensor before is not complete.
  Status begin_tensor(std::string_view name, DType dtype, Layout layout, const Shape& shape,
                      const std::optional<Quantisation>& quantisation = std::nullopt);
  Status write(std::span<const std::byte> bytes);

  // Writes the rest and gives the target its content.
  Status finish(const PackageDescription& description);
  // Bytes written so far.
  [[nodiscard]] uint64_t bytes() const { return file_.size(); }

 private:
  explicit PackageWriter(AtomicFile file) : file_(std::move(file)) {}
  // Pads to where a payload of this size begins, and begins its checksum.
  Status begin_payload(Extent& extent, uint64_t size);
  // Closes the payloads that have all their bytes, and begins the next.
  Status advance();
  Status begin_progress(const Checksum& identity, const std::string& part);
  Status note_progress();
  Status attach(const std::string& name, uint32_t kind, std::span<const std::byte> bytes);

  AtomicFile file_;
  std::vector<WrittenTensor> tensors_;
  std::vector<WrittenAttachment> attachments_;
  std::unordered_set<std::string> names_;
  uint64_t expected_[3] = {};  // bytes of the last tensor's payloads
  int payload_ = 3;            // which of them is being written; 3: all are complete
  uint64_t missing_ = 0;       // bytes of that one still to come
  ChecksumStream sum_;
  std::optional<PartRecord> progress_;  // of a package that may be interrupted
};

}  // namespace openinfer
