#include "oinf/extents.h"

#include <fmt/format.h>

#include "oinf/format.h"

namespace openinfer {

Status ExtentWalk::next(const Extent& extent, uint64_t alignment, const std::string& what) {
  if (extent.offset % alignment != 0)
    return Diagnostic(Code::P0006,
                      fmt::format("{} begins at {}, which is no multiple of {}", what, extent.offset, alignment));
  if (extent.offset > end_ || extent.size > end_ - extent.offset)
    return Diagnostic(Code::P0005, fmt::format("{} has {} bytes from {}, past {} where the payloads end", what,
                                               extent.size, extent.offset, end_));
  if (extent.offset < at_)
    return Diagnostic(Code::P0007,
                      fmt::format("{} begins at {}, before {} where the one before it ends", what, extent.offset, at_));
  if (extent.offset > format::align_up(at_, alignment))
    return Diagnostic(Code::P0010, fmt::format("{} bytes in front of {} belong to nothing", extent.offset - at_, what));
  at_ = extent.offset + extent.size;
  return {};
}

Status ExtentWalk::finish(uint64_t alignment) {
  if (format::align_up(at_, alignment) == end_ || at_ == end_) return {};
  return Diagnostic(Code::P0010, fmt::format("{} bytes behind the last payload belong to nothing", end_ - at_));
}

}  // namespace openinfer
