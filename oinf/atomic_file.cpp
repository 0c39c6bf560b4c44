#include "oinf/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace openinfer {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

std::string folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// The link that gives a file without a name one; where it does not exist such a file could never be kept.
std::string link_of(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

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
  file.path_ = file.target_ = path;
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Diagnostic(Code::P0019, fmt::format("{}: it is a folder", path));
    // Renaming over a device or a pipe would remove it.
    if (!S_ISREG(info.st_mode)) return Diagnostic(Code::P0019, fmt::format("{}: it is not a regular file", path));
    std::error_code error;
    file.target_ = std::filesystem::canonical(path, error).string();
    if (error) return Diagnostic(Code::P0019, fmt::format("{}: {}", path, error.message()));
    file.mode_ = info.st_mode & 0777;
  } else if (errno != ENOENT) {
    return file.failed("cannot be created");
  }
  OINF_TRY(file.open_temporary());
  file.buffer_.reserve(kBufferBytes);
  return file;
}

Result<AtomicFile> AtomicFile::resume(const std::string& path, const std::string& part) {
  OINF_ASSIGN(AtomicFile file, create(path));  // whether the target can be written
  ::close(file.fd_);
  if (!file.temporary_.empty()) ::unlink(file.temporary_.c_str());
  file.path_ = file.temporary_ = part;
  file.stays_ = true;
  file.fd_ = ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file.fd_ < 0) return file.failed("cannot be opened");
  if (::flock(file.fd_, LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return Diagnostic(Code::P0019, fmt::format("{}: another process writes it", part));
  return file.failed("cannot be locked");
}

Status AtomicFile::keep(uint64_t count) {
  OINF_TRY(flush());
  written_ += count;
  return {};
}

Result<uint64_t> AtomicFile::read_back(uint64_t offset, std::span<std::byte> bytes) {
  OINF_TRY(flush());
  uint64_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot be read");
    if (n == 0) break;
    done += static_cast<uint64_t>(n);
  }
  return done;
}

Status AtomicFile::write(const std::string& path, std::span<const std::byte> content) {
  OINF_ASSIGN(AtomicFile file, create(path));
  OINF_TRY(file.append(content));
  return file.commit();
}

Status AtomicFile::open_temporary() {
  const std::string folder = folder_of(target_);
#ifdef O_TMPFILE
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ >= 0) {
    if (::access(link_of(fd_).c_str(), F_OK) == 0) return {};
    ::close(fd_);
  } else if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
    return failed("cannot be created");
  }
#endif
  temporary_ = folder + "/.oinf-XXXXXX";
  fd_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (fd_ >= 0) return {};
  temporary_.clear();
  return failed("cannot be created");
}

Status AtomicFile::give_name() {
  if (!temporary_.empty()) return {};
  const std::string link = link_of(fd_);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string name = fmt::format("{}/.oinf-{}-{}", folder_of(target_), ::getpid(), attempt);
    if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      temporary_ = std::move(name);
      return {};
    }
    if (errno != EEXIST) break;
  }
  return failed("cannot be named");
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      stays_(other.stays_),
      mode_(other.mode_),
      fd_(std::exchange(other.fd_, -1)),
      written_(other.written_),
      buffer_(std::move(other.buffer_)) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty() && !stays_) ::unlink(temporary_.c_str());
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

Status AtomicFile::sync() {
  OINF_TRY(flush());
  return ::fsync(fd_) == 0 ? Status() : failed("cannot be synced");
}

Status AtomicFile::commit() {
  OINF_TRY(flush());
  if (stays_ && ::ftruncate(fd_, static_cast<off_t>(written_)) != 0) return failed("cannot be cut");
  // A temporary file has 0600; a new package is as readable as any file that a program writes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(fd_, mode_ != 0 ? mode_ : 0666 & ~mask) != 0) return failed("cannot be written");
  if (::fsync(fd_) != 0) return failed("cannot be synced");
  OINF_TRY(give_name());
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return failed("cannot be renamed");
  temporary_.clear();
  const int fd = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("its folder cannot be synced");
  const int synced = ::fsync(fd);
  ::close(fd);
  // Some file systems cannot sync a folder, and say EINVAL; the file itself is safe there.
  if (synced != 0 && errno != EINVAL) return failed("its folder cannot be synced");
  return {};
}

}  // namespace openinfer
