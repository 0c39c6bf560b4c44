#include "ir/tool_main.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "ir/diagnostic.h"

namespace openinfer {
namespace {

int report(Code code, const std::string& message) {
  std::cerr << render(Diagnostic(code, message));
  return exit_status(code);
}

// A closed stream is taken by /dev/null, opened the wrong way round: reading or writing it fails as it should.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      const int held = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      static_cast<void>(held);  // the lowest free number, so the stream's own; without it nothing is worse than before
    }
}

bool flush_standard_output() {
  const bool stream = static_cast<bool>(std::cout.flush());
  const bool file = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return stream && file;
}

int guarded(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return report(Code::R0006, "out of memory");
  } catch (const std::system_error& e) {
    return report(Code::R0007, e.what());
  } catch (const std::exception& e) {
    return report(Code::X0001, e.what());
  }
}

}  // namespace

int tool_main(const std::function<int()>& work) {
  hold_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // past `ulimit -f` a write fails, and is reported like a full disk
  const int status = guarded(work);
  if (flush_standard_output() || status != 0) return status;
  return report(Code::R0007, "standard output cannot be written");
}

}  // namespace openinfer
