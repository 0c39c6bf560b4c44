#include "runtime/trace/trace_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace openinfer {
namespace {

constexpr std::string_view kClosing = "\n]}\n";

// Each gives 0 or the error's number.

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

int write_at(int fd, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return 0;
}

// text: entries, with room behind them for the brackets.
int append_at(int fd, uint64_t& end, std::vector<char>& text, size_t size) {
  const size_t covered = kClosing.size();  // an entry is longer
  std::copy(kClosing.begin(), kClosing.end(), text.begin() + static_cast<ptrdiff_t>(size));
  if (const int error = write_at(fd, end + covered, {text.data() + covered, size})) {
    // What was there before is still whole.
    if (ftruncate(fd, static_cast<off_t>(end + covered)) != 0) return error;
    return error;
  }
  if (const int error = write_at(fd, end, {text.data(), covered})) return error;
  end += size;
  return 0;
}

bool receive(int socket, char* to, size_t size) {
  while (size > 0) {
    const ssize_t n = read(socket, to, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

// The keeper: messages are a length and entries; a length of 0 asks whether all went well. After an error nothing more
// is written.
[[noreturn]] void keep(int fd, int socket, uint64_t end) {
  setsid();  // not interrupted with the program, nor stopped with its terminal
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) signal(s, SIG_IGN);
  setpriority(PRIO_PROCESS, 0, 19);
  std::vector<char> text;
  int32_t error = 0;
  for (uint64_t size = 0; receive(socket, reinterpret_cast<char*>(&size), sizeof size);) {
    if (size == 0) {
      if (send(socket, &error, sizeof error, MSG_NOSIGNAL) != sizeof error) break;
      continue;
    }
    text.resize(size + kClosing.size());
    if (!receive(socket, text.data(), size)) break;  // cut off: it never was an entry
    if (error == 0) error = append_at(fd, end, text, size);
  }
  _exit(0);
}

}  // namespace

Diagnostic TraceFile::failed(int error) const {
  return {Code::R0007, "trace " + path_ + " cannot be written: " + std::strerror(error)};
}

Result<TraceFile> TraceFile::create(const std::string& path, std::string_view head) {
  TraceFile file(path == "-" ? "standard output" : path);
  file.fd_ = path == "-" ? dup(STDOUT_FILENO) : open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  struct stat info{};
  if (file.fd_ < 0 || fstat(file.fd_, &info) != 0) return file.failed(errno);
  const bool seekable = path != "-" && S_ISREG(info.st_mode);
  std::string all(head);
  if (seekable) all += kClosing;
  if (const int error = write_all(file.fd_, all)) return file.failed(error);
  if (seekable) OINF_TRY(file.start_keeper(head.size()));
  return file;
}

Status TraceFile::start_keeper(uint64_t end) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return failed(errno);
  keeper_ = fork();
  if (keeper_ < 0) {
    const int error = errno;
    ::close(pair[0]);
    ::close(pair[1]);
    return failed(error);
  }
  if (keeper_ == 0) {
    ::close(pair[0]);
    // Whoever waits for the end of the program's output waits for nobody else.
    for (int i = 0; i < 3; ++i)
      if (i != fd_ && i != pair[1]) ::close(i);
    keep(fd_, pair[1], end);
  }
  ::close(pair[1]);
  ::close(std::exchange(fd_, -1));
  socket_ = pair[0];
  return {};
}

TraceFile::TraceFile(TraceFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      socket_(std::exchange(other.socket_, -1)),
      keeper_(std::exchange(other.keeper_, -1)) {}

TraceFile::~TraceFile() {
  if (fd_ >= 0) ::close(fd_);
  if (socket_ >= 0) ::close(socket_);
  if (keeper_ > 0) waitpid(keeper_, nullptr, 0);
}

Status TraceFile::append(std::string_view entries) {
  if (fd_ >= 0) {
    if (const int error = write_all(fd_, entries)) return failed(error);
    return {};
  }
  const uint64_t size = entries.size();
  std::string_view rest(reinterpret_cast<const char*>(&size), sizeof size);
  for (const std::string_view next : {entries, std::string_view()}) {
    while (!rest.empty()) {
      const ssize_t n = send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return failed(errno);
      rest.remove_prefix(static_cast<size_t>(n));
    }
    rest = next;
  }
  return {};
}

Status TraceFile::close() {
  int error = 0;
  if (fd_ >= 0) {
    error = write_all(fd_, kClosing);
    if (::close(std::exchange(fd_, -1)) != 0 && error == 0) error = errno;
  } else {
    const uint64_t question = 0;
    int32_t answer = EPIPE;  // the keeper is gone
    if (send(socket_, &question, sizeof question, MSG_NOSIGNAL) != sizeof question ||
        !receive(socket_, reinterpret_cast<char*>(&answer), sizeof answer))
      error = EPIPE;
    else
      error = answer;
    ::close(std::exchange(socket_, -1));
    waitpid(std::exchange(keeper_, -1), nullptr, 0);
  }
  if (error != 0) return failed(error);
  return {};
}

}  // namespace openinfer
