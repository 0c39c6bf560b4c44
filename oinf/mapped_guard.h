// A file that somebody cuts short while it is mapped faults where its lost pages are read: SIGBUS, which ends a process
// without a word. MappedFile enters every mapping here, so that the handler knows a lost page from a fault of the
// program.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace openinfer {

// For the main of a tool: from now on such a fault ends the process with a message that names the file (P0016) and exit
// status 4. Nothing that was computed from lost pages can be shown, and files that were being written stay as they were
// (oinf/atomic_file.h). A program that embeds the library and must live on handles SIGBUS itself, or keeps its files
// from being written to: a file that is renamed over the old one hurts nobody.
void exit_when_mapped_files_shrink();

// One mapping, for as long as this object lives.
class GuardedMapping {
 public:
  GuardedMapping() = default;
  GuardedMapping(const void* begin, size_t bytes, const std::string& path);
  GuardedMapping(GuardedMapping&& other) noexcept;
  GuardedMapping& operator=(GuardedMapping&& other) noexcept;
  ~GuardedMapping();

 private:
  std::unique_ptr<const std::string> path_;
  int slot_ = -1;
};

}  // namespace openinfer
