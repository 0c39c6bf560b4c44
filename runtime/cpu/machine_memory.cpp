#include "runtime/cpu/machine_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace openinfer {
namespace {

void take_lower(DeviceMemory& found, uint64_t bytes, const char* source) {
  if (bytes != 0 && bytes < found.bytes) found = {bytes, source};
}

// Files without a limit say "max", or a number near 2^63.
uint64_t number_in(const std::string& path) {
  std::ifstream file(path);
  uint64_t n = 0;
  return file >> n ? n : 0;
}

}  // namespace

DeviceMemory machine_memory() {
  constexpr const char* kGroup = "the limit of this process's control group";
  DeviceMemory found{UINT64_MAX, "the address space"};
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    take_lower(found, static_cast<uint64_t>(pages) * static_cast<uint64_t>(page), "this machine's physical memory");
  take_lower(found, number_in("/sys/fs/cgroup/memory.max"), kGroup);
  take_lower(found, number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"), kGroup);
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const bool unified = line.rfind("0::/", 0) == 0;
    const size_t memory = line.find(":memory:/");
    if (!unified && memory == std::string::npos) continue;
    const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char* name = unified ? "/memory.max" : "/memory.limit_in_bytes";
    for (std::string path = unified ? line.substr(3) : line.substr(memory + 8); path.size() > 1;
         path.resize(path.find_last_of('/')))
      take_lower(found, number_in(root + path + name), kGroup);
  }
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
      take_lower(found, limit.rlim_cur, "the limit that this process was started with (ulimit)");
  }
  return found;
}

}  // namespace openinfer
