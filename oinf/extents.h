// Payloads follow each other without holes: the order, alignment and bounds that every reader checks.
#pragma once

#include <cstdint>
#include <string>

#include "ir/result.h"
#include "oinf/package_index.h"

namespace openinfer {

class ExtentWalk {
 public:
  // Payloads lie in [begin, end).
  ExtentWalk(uint64_t begin, uint64_t end) : at_(begin), end_(end) {}

  // The next payload, which must begin at the first place behind the last one that `alignment` allows. P0006, P0007,
  // P0005 or P0010, naming `what`.
  Status next(const Extent& extent, uint64_t alignment, const std::string& what);
  // Nothing may stand behind the last payload but zeros up to `alignment`.
  Status finish(uint64_t alignment);

 private:
  uint64_t at_;
  uint64_t end_;
};

}  // namespace openinfer
