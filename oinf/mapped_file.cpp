#include "oinf/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace openinfer {

Result<MappedFile> MappedFile::open(const std::string& path) {
  const auto failed = [&] { return Diagnostic(Code::P0001, fmt::format("{}: {}", path, std::strerror(errno))); };
  MappedFile file;
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd_ < 0) return failed();
  struct stat info{};
  if (::fstat(file.fd_, &info) != 0) return failed();
  if (!S_ISREG(info.st_mode)) return Diagnostic(Code::P0001, fmt::format("{}: not a file", path));
  file.size_ = static_cast<size_t>(info.st_size);
  file.written_ = info.st_mtim;
  file.path_ = path;
  if (file.size_ == 0) return file;
  void* mapped = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, file.fd_, 0);
  if (mapped == MAP_FAILED) {
    file.size_ = 0;
    return failed();
  }
  file.data_ = static_cast<const std::byte*>(mapped);
  file.guard_ = GuardedMapping(mapped, file.size_, path);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this == &other) return *this;
  release();
  fd_ = std::exchange(other.fd_, -1);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  written_ = other.written_;
  path_ = std::move(other.path_);
  guard_ = std::move(other.guard_);
  return *this;
}

MappedFile::~MappedFile() { release(); }

void MappedFile::release() {
  guard_ = {};
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  if (fd_ >= 0) ::close(fd_);
  data_ = nullptr;
  fd_ = -1;
}

void MappedFile::forget(std::span<const std::byte> part) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(part.data() + part.size()) / page * page;
  // Only whole pages of the part; a refusal costs memory and nothing else.
  if (begin < end) static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
}

Status MappedFile::unchanged() const {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return Diagnostic(Code::P0016, fmt::format("{}: {}", path_, std::strerror(errno)));
  if (static_cast<size_t>(info.st_size) != size_)
    return Diagnostic(Code::P0016, fmt::format("{}: the file had {} bytes when it was opened, now it has {}", path_,
                                               size_, static_cast<int64_t>(info.st_size)));
  if (info.st_mtim.tv_sec != written_.tv_sec || info.st_mtim.tv_nsec != written_.tv_nsec)
    return Diagnostic(Code::P0016, fmt::format("{}: the file was written to while it was open", path_));
  return {};
}

}  // namespace openinfer
