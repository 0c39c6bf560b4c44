// A file that is either written whole or not at all: bytes go to a temporary file beside the target, which takes the
// target's name when all of it is on the disk. What is not committed is removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ir/result.h"

namespace openinfer {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  // For content that is at hand: creates, appends and commits.
  static Status write(const std::string& path, std::span<const std::byte> content);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status append(std::span<const std::byte> bytes);
  Status append_zeros(uint64_t count);
  // Overwrites bytes that were appended before.
  Status overwrite(uint64_t offset, std::span<const std::byte> bytes);
  [[nodiscard]] uint64_t size() const { return written_ + buffer_.size(); }

  // Syncs the file, renames it over the target and syncs the folder. Once.
  Status commit();

 private:
  AtomicFile() = default;
  Status flush();
  [[nodiscard]] Diagnostic failed(const char* what) const;

  std::string path_;
  std::string temporary_;
  int fd_ = -1;
  uint64_t written_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace openinfer
