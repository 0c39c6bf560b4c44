// @auto_dim: tensors of persistent memory whose leading axes grow. All members of a family lie in one buffer that has
// room for the largest; cells that no member reaches hold its beginning.
#include <algorithm>

#include "runtime/persistent.h"

namespace openinfer {
namespace {

std::array<int64_t, kMaxRank> member_of(std::span<const int64_t> indices) {
  std::array<int64_t, kMaxRank> m{};
  std::copy(indices.begin(), indices.end(), m.begin());
  return m;
}

}  // namespace

int64_t PersistentStore::growth(VarId var, std::span<const int64_t> member, uint32_t axis) const {
  const Cells& c = at(var);
  const auto hit = c.growth.find(member_of(member));
  return hit == c.growth.end() ? 0 : hit->second[axis];
}

Status PersistentStore::grow_axis(VarId var, std::span<const int64_t> member, uint32_t axis, int64_t by) {
  Cells& c = at(var);
  if (by <= growth(var, member, axis)) return {};
  int64_t end = 0;
  if (__builtin_add_overflow(c.base[c.members + axis], by, &end))
    return Diagnostic(Code::R0006, "`" + c.name + "` would grow by " + std::to_string(by));
  OINF_TRY(grow(var, c.members + axis, end));
  if (!c.growth_before) c.growth_before = c.growth;
  c.growth[member_of(member)][axis] = by;
  return {};
}

Status PersistentStore::reset_members(VarId var, CellRange range) {
  Cells& c = at(var);
  bool empty = false;
  for (uint32_t i = 0; i < c.indices; ++i) {
    if (i >= c.members) range.index[i] = {0, c.filled[i]};
    empty |= range.index[i].first >= range.index[i].second;
  }
  if (!empty) OINF_TRY(guard(var, range));
  std::array<int64_t, kMaxRank> at{};
  for (uint32_t i = 0; i < c.indices; ++i) at[i] = range.index[i].first;
  const uint32_t last = c.indices - 1;
  while (!empty) {
    uint64_t row = 0;
    for (uint32_t i = 0; i < c.indices; ++i)
      row = row * static_cast<uint64_t>(c.capacity[static_cast<int>(i)]) + static_cast<uint64_t>(at[i]);
    const uint64_t bytes = static_cast<uint64_t>(range.index[last].second - at[last]) * c.cell_bytes;
    OINF_TRY(c.patterned ? initialise(c, row * c.cell_bytes, bytes)
                         : device_->clear(c.buffer, row * c.cell_bytes, bytes));
    uint32_t axis = last;
    while (axis > 0) {
      --axis;
      if (++at[axis] < range.index[axis].second) break;
      at[axis] = range.index[axis].first;
      empty = axis == 0;
    }
    empty |= last == 0;
  }
  if (!c.growth_before) c.growth_before = c.growth;
  std::erase_if(c.growth, [&](const auto& entry) {
    bool inside = true;
    for (uint32_t i = 0; i < c.members; ++i)
      inside &= entry.first[i] >= range.index[i].first && entry.first[i] < range.index[i].second;
    return inside;
  });
  return {};
}

}  // namespace openinfer
