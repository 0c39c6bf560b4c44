// How many threads this process should start, from what the system allows it.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "runtime/thread_pool.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace openinfer {
namespace {

#if defined(__linux__)
// Cores, not hardware threads: two threads of one core share the multipliers that the kernels are bound by.
int allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) siblings = "cpu" + std::to_string(cpu);
    cores.insert(siblings);
  }
  return static_cast<int>(cores.size());
}

// "max 100000" or "200000 100000": microseconds of CPU time a period.
double quota_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string limit;
  double period = 0;
  if (!(file >> limit >> period) || limit == "max" || period <= 0) return HUGE_VAL;
  std::istringstream number(limit);
  double value = 0;
  return number >> value && value > 0 ? value / period : HUGE_VAL;
}

double quota_v1() {
  std::ifstream quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double q = 0, p = 0;
  return quota >> q && period >> p && q > 0 && p > 0 ? q / p : HUGE_VAL;
}

// The tightest limit on the way from this process's control group to the root.
double cpu_quota() {
  double limit = std::min(quota_v1(), quota_v2("/sys/fs/cgroup"));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::/", 0) != 0) continue;
    for (std::string path = line.substr(3); path.size() > 1; path.resize(path.find_last_of('/')))
      limit = std::min(limit, quota_v2("/sys/fs/cgroup" + path));
  }
  return limit;
}
#endif

}  // namespace

int default_threads() {
  int cores = 0;
#if defined(__linux__)
  try {
    cores = allowed_cores();
    const double quota = cpu_quota();
    if (cores > 0 && quota < cores) cores = static_cast<int>(std::ceil(quota));
  } catch (const std::exception&) {  // out of memory: fall through
    cores = 0;
  }
#endif
  if (cores <= 0) cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores, 1, 256);
}

}  // namespace openinfer
