#include "runtime/trace/trace_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

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

// Few enough that what was written last is still in a core's own cache when the keeper reads it.
constexpr size_t kPiece = 1 << 16, kSlot = kPiece + 64, kSlots = 2;

// What the run tells the keeper: there is a piece in the next slot, or, with size 0, a question whether all went well.
struct Message {
  uint32_t size = 0;
  uint32_t last = 0;  // of an append
};

class Keeper {
 public:
  Keeper(int fd, int socket, char* slots, uint64_t end) : fd_(fd), socket_(socket), slots_(slots), end_(end) {}

  [[noreturn]] void run() {
    setsid();  // not interrupted with the program, nor stopped with its terminal
    for (int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) signal(s, SIG_IGN);
    setpriority(PRIO_PROCESS, 0, 19);
    Message m;
    while (receive(socket_, reinterpret_cast<char*>(&m), sizeof m)) {
      int32_t answer = error_;
      if (m.size > 0) {
        char* const piece = slots_ + kSlot * (pieces_++ % kSlots);
        if (error_ == 0) error_ = take(piece, m.size, m.last != 0);
        answer = 0;  // the slot is free again; how it went is told when asked
      }
      if (send(socket_, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) break;
    }
    if (error_ == 0 && behind_ > 0) (void)undo();  // cut off: it never was an append
    _exit(0);
  }

 private:
  // piece: has room behind it for the brackets. After an error nothing more is written.
  int take(char* piece, size_t size, bool last) {
    const size_t covered = kClosing.size();  // the old brackets; an entry is longer
    const size_t skipped = behind_ == 0 ? covered : 0;
    if (skipped > 0) std::copy(piece, piece + covered, first_);
    if (last) std::copy(kClosing.begin(), kClosing.end(), piece + size);
    const size_t written = size - skipped + (last ? covered : 0);
    if (const int error = write_at(fd_, end_ + behind_ + skipped, {piece + skipped, written})) {
      (void)undo();  // what was there before is still whole
      return error;
    }
    behind_ += size;
    if (!last) return 0;
    if (const int error = write_at(fd_, end_, {first_, covered})) return error;
    end_ += behind_;
    behind_ = 0;
    return 0;
  }
  int undo() { return ftruncate(fd_, static_cast<off_t>(end_ + kClosing.size())); }

  int fd_, socket_;
  char* slots_;
  uint64_t end_;         // where the brackets stand
  uint64_t behind_ = 0;  // of the append under way, from there
  char first_[kClosing.size()] = {};
  uint64_t pieces_ = 0;
  int32_t error_ = 0;
};

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
  void* const memory = mmap(nullptr, kSlot * kSlots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed(errno);
  slots_ = static_cast<char*>(memory);
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
    Keeper(fd_, pair[1], slots_, end).run();
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
      slots_(std::exchange(other.slots_, nullptr)),
      pieces_(other.pieces_),
      keeper_(std::exchange(other.keeper_, -1)) {}

TraceFile::~TraceFile() {
  if (fd_ >= 0) ::close(fd_);
  if (socket_ >= 0) ::close(socket_);
  if (slots_) munmap(slots_, kSlot * kSlots);
  if (keeper_ > 0) waitpid(keeper_, nullptr, 0);
}

Status TraceFile::append(std::string_view entries) {
  if (fd_ >= 0) {
    if (const int error = write_all(fd_, entries)) return failed(error);
    return {};
  }
  while (!entries.empty()) {
    const std::string_view piece = entries.substr(0, kPiece);
    entries.remove_prefix(piece.size());
    if (const int error = hand_over(piece, entries.empty())) return failed(error);
  }
  return {};
}

// 0 or the error's number.
int TraceFile::hand_over(std::string_view piece, bool last) {
  int32_t free = 0;
  if (pieces_ >= kSlots && !receive(socket_, reinterpret_cast<char*>(&free), sizeof free)) return EPIPE;
  std::copy(piece.begin(), piece.end(), slots_ + kSlot * (pieces_++ % kSlots));
  const Message m{static_cast<uint32_t>(piece.size()), last};
  return send(socket_, &m, sizeof m, MSG_NOSIGNAL) == sizeof m ? 0 : EPIPE;
}

Status TraceFile::close() {
  int error = 0;
  if (fd_ >= 0) {
    error = write_all(fd_, kClosing);
    if (::close(std::exchange(fd_, -1)) != 0 && error == 0) error = errno;
  } else {
    const Message question;
    bool there = send(socket_, &question, sizeof question, MSG_NOSIGNAL) == sizeof question;
    int32_t answer = 0;  // the last one is the question's; those of the slots come before it
    for (uint64_t i = std::min<uint64_t>(pieces_, kSlots) + 1; there && i > 0; --i)
      there = receive(socket_, reinterpret_cast<char*>(&answer), sizeof answer);
    error = there ? answer : EPIPE;  // the keeper is gone
    ::close(std::exchange(socket_, -1));
    waitpid(std::exchange(keeper_, -1), nullptr, 0);
  }
  if (error != 0) return failed(error);
  return {};
}

}  // namespace openinfer
