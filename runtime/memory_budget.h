// How much memory a session may take. Two bounds hold at once:
//   the device's own memory bounds what is held: every byte that has been written or that a step is sure to write;
//   the caller's limit bounds what is reserved: all of the plan, tables at their @fixed bound, and the mapped weights.
// So a table or a temporary may be bounded far above what a machine has, as long as a run does not fill it.
#pragma once

#include <cstdint>
#include <string>

#include "ir/result.h"

namespace openinfer {

struct MemoryUse {
  uint64_t held = 0, reserved = 0;  // bytes
  MemoryUse& operator+=(const MemoryUse& other) {
    held += other.held;
    reserved += other.reserved;
    return *this;
  }
  friend MemoryUse operator+(MemoryUse a, const MemoryUse& b) { return a += b; }
};

class MemoryBudget {
 public:
  MemoryBudget() = default;
  // `source` completes "there are N bytes: …". limit 0: none.
  MemoryBudget(uint64_t device_bytes, std::string source, uint64_t limit)
      : device_(device_bytes), limit_(limit), source_(std::move(source)) {}

  // R0009 when the caller's limit is passed, R0006 when there is not as much memory.
  [[nodiscard]] Status admit(const MemoryUse& use) const;
  // Bytes of the device that are left beside what is held.
  [[nodiscard]] uint64_t left(uint64_t held) const { return held < device_ ? device_ - held : 0; }

 private:
  uint64_t device_ = UINT64_MAX, limit_ = 0;
  std::string source_;
};

// "1600 bytes (1.6 KiB)"
[[nodiscard]] std::string bytes_text(uint64_t bytes);

}  // namespace openinfer
