#include "oinf/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace openinfer {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

bool write_all(int fd, std::span<const std::byte> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

}  // namespace

Diagnostic AtomicFile::failed(const char* what) const {
  return {Code::P0019, fmt::format("{}: {}: {}", path_, what, std::strerror(errno))};
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile file;
  file.path_ = path;
  file.temporary_ = path + ".XXXXXX";
  file.fd_ = ::mkostemp(file.temporary_.data(), O_CLOEXEC);
  if (file.fd_ < 0) {
    file.temporary_.clear();
    return file.failed("cannot be created");
  }
  file.buffer_.reserve(kBufferBytes);
  return file;
}

Status AtomicFile::write(const std::string& path, std::span<const std::byte> content) {
  OINF_ASSIGN(AtomicFile file, create(path));
  OINF_TRY(file.append(content));
  return file.commit();
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)),
      written_(other.written_),
      buffer_(std::move(other.buffer_)) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::append(std::span<const std::byte> bytes) {
  if (bytes.size() >= kBufferBytes) {
    OINF_TRY(flush());
    if (!write_all(fd_, bytes, written_)) return failed("cannot be written");
    written_ += bytes.size();
    return {};
  }
  if (buffer_.size() + bytes.size() > kBufferBytes) OINF_TRY(flush());
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  return {};
}

Status AtomicFile::append_zeros(uint64_t count) {
  static constexpr std::byte kZeros[4096] = {};
  for (; count > 0; count -= std::min<uint64_t>(count, sizeof kZeros))
    OINF_TRY(append({kZeros, static_cast<size_t>(std::min<uint64_t>(count, sizeof kZeros))}));
  return {};
}

Status AtomicFile::overwrite(uint64_t offset, std::span<const std::byte> bytes) {
  OINF_TRY(flush());
  if (!write_all(fd_, bytes, offset)) return failed("cannot be written");
  return {};
}

Status AtomicFile::flush() {
  if (!write_all(fd_, buffer_, written_)) return failed("cannot be written");
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status AtomicFile::commit() {
  OINF_TRY(flush());
  // mkostemp gives 0600; a package is as readable as any file that a program writes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(fd_, 0666 & ~mask) != 0) return failed("cannot be written");
  if (::fsync(fd_) != 0) return failed("cannot be synced");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed("cannot be renamed");
  temporary_.clear();
  std::string folder = std::filesystem::path(path_).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("its folder cannot be synced");
  const int synced = ::fsync(fd);
  ::close(fd);
  // Some file systems cannot sync a folder, and say EINVAL; the file itself is safe there.
  if (synced != 0 && errno != EINVAL) return failed("its folder cannot be synced");
  return {};
}

}  // namespace openinfer
