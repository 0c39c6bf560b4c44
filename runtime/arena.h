// Places for buffers that are alive at different times: first fit over lifetimes, largest first.
#pragma once

#include <cstdint>
#include <vector>

namespace openinfer {

struct ArenaRequest {
  uint64_t bytes = 0;
  uint32_t first = 0, last = 0;  // both inclusive
  uint64_t offset = 0;           // out; a multiple of 64
};

// Returns the arena's size in bytes.
uint64_t place_in_arena(std::vector<ArenaRequest>& requests);

}  // namespace openinfer
