#include "tests/runtime/allocation_counter.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

std::atomic<uint64_t> count{0};

void* counted(void* p) {
  count.fetch_add(1, std::memory_order_relaxed);
  return p;
}

}  // namespace

namespace openinfer::test {
uint64_t allocations() { return count.load(); }
}  // namespace openinfer::test

// The program's own definitions are taken before the C library's; these are what the library calls them inside.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) noexcept { return counted(__libc_malloc(bytes)); }
void* calloc(size_t n, size_t bytes) noexcept { return counted(__libc_calloc(n, bytes)); }
void* realloc(void* p, size_t bytes) noexcept { return counted(__libc_realloc(p, bytes)); }
void* memalign(size_t alignment, size_t bytes) noexcept { return counted(__libc_memalign(alignment, bytes)); }
void* aligned_alloc(size_t alignment, size_t bytes) noexcept { return counted(__libc_memalign(alignment, bytes)); }
int posix_memalign(void** p, size_t alignment, size_t bytes) noexcept {
  *p = counted(__libc_memalign(alignment, bytes));
  return *p == nullptr ? ENOMEM : 0;
}
void* mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  return counted(reinterpret_cast<void*>(syscall(SYS_mmap, at, bytes, protection, flags, file, offset)));
}
}
