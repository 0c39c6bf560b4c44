#include "oinf/mapped_guard.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include "ir/diagnostic.h"

namespace openinfer {
namespace {

// Read by a signal handler, so nothing here locks or allocates. More mappings than slots: the others fault as they did.
struct Slot {
  std::atomic<uintptr_t> begin{0};  // 0: free
  std::atomic<uintptr_t> end{0};    // 0: being filled
  std::atomic<const char*> path{nullptr};
};
std::array<Slot, 1024> slots;
int exit_code = 1;

void say(const char* text) {
  const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);  // there is nowhere else to say it
}

void on_fault(int signal, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Slot& slot : slots) {
    if (address < slot.begin.load() || address >= slot.end.load()) continue;
    say("error[P0016]: ");
    say(slot.path.load());
    say(": the file was cut short while it was read\n  = help: make a new file, and rename it over the old one\n");
    ::_exit(exit_code);
  }
  // No page of ours: the instruction is repeated, and ends the process as it would have without a handler.
  ::signal(signal, SIG_DFL);
}

int enter(uintptr_t begin, size_t bytes, const char* path) {
  for (size_t i = 0; i < slots.size(); ++i) {
    uintptr_t free = 0;
    if (!slots[i].begin.compare_exchange_strong(free, begin)) continue;
    slots[i].path = path;
    slots[i].end = begin + bytes;
    return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

void exit_when_mapped_files_shrink() {
  exit_code = exit_status(Code::P0016);
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

GuardedMapping::GuardedMapping(const void* begin, size_t bytes, const std::string& path)
    : path_(std::make_unique<const std::string>(path)),
      slot_(enter(reinterpret_cast<uintptr_t>(begin), bytes, path_->c_str())) {}

GuardedMapping::GuardedMapping(GuardedMapping&& other) noexcept { *this = std::move(other); }

GuardedMapping& GuardedMapping::operator=(GuardedMapping&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(slot_, other.slot_);
  return *this;
}

GuardedMapping::~GuardedMapping() {
  if (slot_ < 0) return;
  Slot& slot = slots[static_cast<size_t>(slot_)];
  slot.end = 0;
  slot.begin = 0;
}

}  // namespace openinfer
