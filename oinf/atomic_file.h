// A file that is either written whole or not at all: bytes go to a temporary file in the target's folder, which takes
// the target's name when all of it is on the disk. What is not committed is removed. Where the file system has files
// without names (O_TMPFILE) the temporary file is one until the last moment, so that even a process that is killed
// leaves nothing behind; elsewhere a killed process may leave a file `.oinf-` and six letters.
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
  // P0019 when the place cannot be written, or is taken by something else than a file. A link is followed, and a file
  // that is replaced keeps its permissions.
  static Result<AtomicFile> create(const std::string& path);
  // A temporary file that stays when it is not committed: `part`, a name of its own in the target's folder. What it
  // holds from before is there to be read (read_back) and kept or overwritten. P0019 also when another process writes
  // it.
  static Result<AtomicFile> resume(const std::string& path, const std::string& part);
  // For content that is at hand: creates, appends and commits.
  static Status write(const std::string& path, std::span<const std::byte> content);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status append(std::span<const std::byte> bytes);
  Status append_zeros(uint64_t count);
  // Overwrites bytes that were appended before.
  Status overwrite(uint64_t offset, std::span<const std::byte> bytes);
  // resume(): moves on by so many bytes, which stay as they are. The caller knows that they are there.
  Status keep(uint64_t count);
  // How many bytes there are from `offset` on: as many as asked for, or to the file's end.
  Result<uint64_t> read_back(uint64_t offset, std::span<std::byte> bytes);
  [[nodiscard]] uint64_t size() const { return written_ + buffer_.size(); }

  Status sync();
  // Syncs the file, renames it over the target and syncs the folder. Once.
  Status commit();

 private:
  AtomicFile() = default;
  Status open_temporary();
  Status give_name();
  Status flush();
  [[nodiscard]] Diagnostic failed(const char* what) const;

  std::string path_;       // as it was given
  std::string target_;     // where links lead to
  std::string temporary_;  // empty while the file has no name
  bool stays_ = false;     // when it is not committed
  unsigned mode_ = 0;      // of the file that is replaced
  int fd_ = -1;
  uint64_t written_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace openinfer
