#include "runtime/arena.h"

#include <algorithm>
#include <numeric>

#include "ir/align64.h"

namespace openinfer {

uint64_t place_in_arena(std::vector<ArenaRequest>& requests) {
  std::vector<uint32_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return requests[a].bytes != requests[b].bytes ? requests[a].bytes > requests[b].bytes : a < b;
  });
  uint64_t size = 0;
  std::vector<uint32_t> placed;  // by offset
  for (uint32_t i : order) {
    ArenaRequest& r = requests[i];
    const uint64_t bytes = align64(r.bytes);
    uint64_t at = 0;
    for (uint32_t k : placed) {
      const ArenaRequest& other = requests[k];
      if (other.last < r.first || r.last < other.first) continue;
      if (other.offset >= at + bytes) break;
      at = std::max(at, other.offset + align64(other.bytes));
    }
    r.offset = at;
    size = std::max(size, at + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), at,
                                   [&](uint64_t value, uint32_t k) { return value < requests[k].offset; }),
                  i);
  }
  return size;
}

}  // namespace openinfer
