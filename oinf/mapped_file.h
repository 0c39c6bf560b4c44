// A file mapped read-only. The mapping lives as long as the object; nothing is read until it is touched.
#pragma once

#include <time.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ir/result.h"
#include "oinf/mapped_guard.h"

namespace openinfer {

class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  // Gives back the pages of a part of a mapping (of nothing else: other memory would lose its content); reading them
  // again reads the file.
  static void forget(std::span<const std::byte> part);
  // A file that is written to while it is mapped changes under its reader, and faults where it lost pages
  // (oinf/mapped_guard.h). P0016 when it has not the size or the time of writing any more that it had at first. A file
  // that another took the name of is not changed: the mapping keeps the old one.
  [[nodiscard]] Status unchanged() const;

 private:
  MappedFile() = default;
  void release();

  int fd_ = -1;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  timespec written_{};
  std::string path_;
  GuardedMapping guard_;
};

}  // namespace openinfer
