// Lost pages of a mapping, and faults that are none: each in a process of its own, which it ends.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "oinf/mapped_file.h"
#include "temporary_folder.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// How a process ends that does this, and what it says.
struct Ended {
  int status = 0;
  std::string error;
};
template <class Work>
Ended child(Work work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::signal(SIGBUS, SIG_DFL);  // the test's own handler says otherwise
    exit_when_mapped_files_shrink();
    work();
    ::_exit(0);
  }
  ::close(ends[1]);
  Ended ended;
  char buffer[512];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    ended.error.append(buffer, static_cast<size_t>(n));
  ::close(ends[0]);
  REQUIRE(::waitpid(pid, &ended.status, 0) == pid);
  return ended;
}

void touch(const MappedFile& file) {
  for (const std::byte& b : file.bytes()) static_cast<void>(*const_cast<const volatile std::byte*>(&b));
}

}  // namespace

TEST_CASE("a mapped file that loses pages ends the process with its name") {
  TemporaryFolder folder;
  const std::string path = folder.file("x"), other = folder.file("y");
  write_file(path, std::string(20000, 'x'));
  write_file(other, std::string(20000, 'y'));
  const Ended ended = child([&] {
    const auto unharmed = *MappedFile::open(other);
    auto file = *MappedFile::open(path);
    const MappedFile moved = std::move(file);
    touch(moved);
    if (::truncate(path.c_str(), 100) != 0) ::_exit(1);
    touch(unharmed);
    touch(moved);
  });
  REQUIRE(WIFEXITED(ended.status));
  CHECK(WEXITSTATUS(ended.status) == 4);
  CHECK(ended.error.find("error[P0016]: " + path + ": ") == 0);
}

TEST_CASE("a fault in no mapped file is left to the system") {
  TemporaryFolder folder;
  const std::string path = folder.file("x");
  write_file(path, std::string(20000, 'x'));
  const Ended ended = child([&] {
    {
      const auto closed = *MappedFile::open(path);
    }  // its slot is free again
    const int fd = ::open(path.c_str(), O_RDONLY);
    const void* mapped = ::mmap(nullptr, 20000, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED || ::truncate(path.c_str(), 0) != 0) ::_exit(1);
    static_cast<void>(*static_cast<const volatile char*>(mapped));
  });
  REQUIRE(WIFSIGNALED(ended.status));
  CHECK(WTERMSIG(ended.status) == SIGBUS);
  CHECK(ended.error.empty());
}
