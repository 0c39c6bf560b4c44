// What a step overwrites is kept until the step has succeeded, and what persistent memory holds is counted.
#include <algorithm>
#include <new>

#include "runtime/persistent.h"

namespace openinfer {
namespace {

constexpr uint64_t kPage = 4096;
// Cells of one variable that are told apart within a step: a bit each. Beyond that a cell may be kept twice.
constexpr uint64_t kMostSavedBits = uint64_t{1} << 26;

// Product, or UINT64_MAX.
uint64_t times(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace

Status PersistentStore::admit(const Cells& c, const MemoryUse& more) const {
  Status room = budget_.admit(others_ + own_ + more);
  if (room) return room;
  Diagnostic d = room.error();
  d.notes.push_back({"`" + c.name + "` asks for " + bytes_text(std::max(more.held, more.reserved)) + " of it", {}});
  const bool limit = d.code == Code::R0009;
  const MemoryUse all = own_ + more;
  d.notes.push_back({"persistent memory would take " + bytes_text(limit ? all.reserved : all.held) +
                         ", everything else " + bytes_text(limit ? others_.reserved : others_.held),
                     {}});
  return d;
}

// A write to `range` is about to happen: pages that it touches are held from now on.
Status PersistentStore::hold(Cells& c, const CellRange& range) {
  if (c.whole()) return {};
  uint64_t rows = 1, run = c.cell_bytes, box = c.cell_bytes;
  for (uint32_t i = 0; i < c.indices; ++i) {
    const auto [first, second] = range.index[i];
    if (first >= second) return {};
    if (i + 1 < c.indices)
      rows = times(rows, static_cast<uint64_t>(second - first));
    else
      run = times(run, static_cast<uint64_t>(second - first));
    box = times(box, static_cast<uint64_t>(std::max(c.filled[i], second)));
  }
  const uint64_t written = times(rows, std::max(run, kPage));
  const uint64_t touched = c.touched > UINT64_MAX - written ? UINT64_MAX : c.touched + written;
  const uint64_t held = std::max(c.held, std::min(box, touched));
  if (held > c.held) {
    OINF_TRY(admit(c, {held - c.held, 0}));
    own_.held += held - c.held;
    c.held = held;
  }
  c.touched = touched;
  return {};
}

// Address space for copies of all that a step can overwrite, and room for what says where they belong, so that no step
// has to ask for more. Tables without a bound have no such room, and where there is no address space, copies are moved
// as they get more.
void PersistentStore::reserve_undo() try {
  constexpr uint64_t kMostPieces = uint64_t{1} << 20;
  uint64_t bytes = 0, pieces = 0;
  for (Cells& c : cells_) {
    if (c.indices == 0 || c.open || !c.written || c.cell_bytes == 0) continue;
    const uint64_t cells = bytes_of(c) / c.cell_bytes;
    bytes += bytes_of(c);
    pieces = std::min(kMostPieces, pieces + std::min(cells, kMostPieces));
    if (cells <= kMostSavedBits) c.saved.reserve(cells);
  }
  if (bytes == 0) return;
  kept_.reserve(pieces);
  const auto undo = device_->reserve(bytes);
  if (!undo) return;
  undo_ = *undo;
  undo_reserved_ = bytes;
} catch (const std::bad_alloc&) {
  // As where there is no address space.
}

Status PersistentStore::keep(uint32_t var, uint64_t offset, uint64_t bytes) {
  if (undo_used_ + bytes > undo_capacity_) {
    uint64_t larger = std::max<uint64_t>(undo_used_ + bytes, std::max<uint64_t>(65536, 2 * undo_capacity_));
    const bool in_place = undo_used_ + bytes <= undo_reserved_;
    if (in_place) larger = std::min(larger, undo_reserved_);
    const uint64_t there = in_place ? undo_capacity_ : 0;  // else the old one is there until it has been copied
    if (!admit(cells_[var], {larger - there, larger - there})) larger = undo_used_ + bytes;
    OINF_TRY(admit(cells_[var], {larger - there, larger - there}));
    if (in_place) {
      OINF_TRY(device_->commit(undo_, larger));
    } else {
      OINF_ASSIGN(const BufferId fresh, device_->allocate(larger));
      OINF_TRY(device_->copy(undo_, 0, fresh, 0, undo_used_));
      if (undo_capacity_ || undo_reserved_) device_->release(undo_);
      undo_ = fresh;
      undo_reserved_ = larger;
    }
    own_ += {larger - undo_capacity_, larger - undo_capacity_};
    undo_capacity_ = larger;
  }
  OINF_TRY(device_->copy(cells_[var].buffer, offset, undo_, undo_used_, bytes));
  // Rows that are overwritten one after the other are one piece, unless a growing table may part them.
  const Cells& c = cells_[var];
  const bool may_part = c.indices > 1 && std::find(c.grows.begin() + 1, c.grows.end(), true) != c.grows.end();
  Kept* last = kept_.empty() || may_part ? nullptr : &kept_.back();
  if (last && last->var == var && last->offset + last->bytes == offset && last->undo + last->bytes == undo_used_)
    last->bytes += bytes;
  else
    kept_.push_back({var, offset, bytes, undo_used_});
  undo_used_ += bytes;
  return {};
}

Status PersistentStore::guard(VarId id, const CellRange& range) {
  const uint32_t var = slot_[static_cast<size_t>(id)];
  Cells& c = cells_[var];
  if (c.indices == 0) {
    if (c.saved_whole) return {};
    if (!c.shadowed) {  // the program never writes it: somebody else does, such as a debugger
      OINF_TRY(admit(c, {c.cell_bytes, c.cell_bytes}));
      OINF_ASSIGN(c.shadow, device_->allocate(c.cell_bytes));
      own_ += {c.cell_bytes, c.cell_bytes};
      shadow_bytes_ += c.cell_bytes;
      c.shadowed = true;
    }
    c.saved_whole = true;
    return device_->copy(c.buffer, 0, c.shadow, 0, c.cell_bytes);
  }
  OINF_TRY(hold(c, range));
  // Cells that existed when the step began are kept once; others begin again when the step fails.
  std::array<std::pair<int64_t, int64_t>, kMaxRank> old{};
  bool nothing = false;
  uint64_t existing = 1;
  for (uint32_t i = 0; i < c.indices; ++i) {
    old[i] = {range.index[i].first, std::min(range.index[i].second, c.before[i])};
    nothing |= old[i].first >= old[i].second;
    existing = times(existing, static_cast<uint64_t>(c.before[i]));
    c.filled[i] = std::max(c.filled[i], range.index[i].second);
  }
  if (nothing) return {};
  const bool told_apart = existing <= kMostSavedBits;
  if (told_apart && c.saved.size() != existing) c.saved.assign(existing, false);
  std::array<int64_t, kMaxRank> at{};
  for (uint32_t i = 0; i < c.indices; ++i) at[i] = old[i].first;
  const uint32_t last = c.indices - 1;
  while (true) {
    uint64_t row = 0, bit = 0;
    for (uint32_t i = 0; i < c.indices; ++i) {
      row = row * static_cast<uint64_t>(c.capacity[static_cast<int>(i)]) + static_cast<uint64_t>(at[i]);
      bit = bit * static_cast<uint64_t>(c.before[i]) + static_cast<uint64_t>(at[i]);
    }
    const auto count = static_cast<uint64_t>(old[last].second - old[last].first);
    for (uint64_t k = 0; k < count;) {
      if (told_apart && c.saved[bit + k]) {
        ++k;
        continue;
      }
      uint64_t run = k;
      if (told_apart)
        while (run < count && !c.saved[bit + run]) c.saved[bit + run] = true, ++run;
      else
        run = count;
      OINF_TRY(keep(var, (row + k) * c.cell_bytes, (run - k) * c.cell_bytes));
      k = run;
    }
    int axis = static_cast<int>(last) - 1;
    for (; axis >= 0; --axis) {
      if (++at[static_cast<size_t>(axis)] < old[static_cast<size_t>(axis)].second) break;
      at[static_cast<size_t>(axis)] = old[static_cast<size_t>(axis)].first;
    }
    if (axis < 0) return {};
  }
}

void PersistentStore::commit() {
  kept_.clear();
  undo_used_ = 0;
  for (Cells& c : cells_) {
    c.before = c.filled;
    std::fill(c.emptied.begin(), c.emptied.end(), 0);
    c.growth_before.reset();
    c.saved_whole = false;
    if (!c.saved.empty()) c.saved.assign(c.saved.size(), false);
  }
}

// Cells that this step was the first to write begin again: those of the filled box that lie outside the box of before.
Status PersistentStore::clear_fresh(Cells& c) {
  std::array<int64_t, kMaxRank> reached{};
  for (uint32_t i = 0; i < c.indices; ++i) {
    reached[i] = std::max(c.filled[i], c.emptied[i]);
    if (reached[i] <= 0) return {};
  }
  const uint32_t last = c.indices - 1;
  std::array<int64_t, kMaxRank> at{};
  while (true) {
    uint64_t row = 0;
    bool fresh = false;
    for (uint32_t i = 0; i < c.indices; ++i) {
      row = row * static_cast<uint64_t>(c.capacity[static_cast<int>(i)]) + static_cast<uint64_t>(at[i]);
      fresh |= i != last && at[i] >= c.before[i];
    }
    const int64_t begin = fresh ? 0 : c.before[last];
    if (begin < reached[last]) {
      const uint64_t from = (row + static_cast<uint64_t>(begin)) * c.cell_bytes;
      const uint64_t bytes = static_cast<uint64_t>(reached[last] - begin) * c.cell_bytes;
      OINF_TRY(c.patterned || !c.constants.empty() ? initialise(c, from, bytes)
                                                   : device_->clear(c.buffer, from, bytes));
    }
    int axis = static_cast<int>(last) - 1;
    for (; axis >= 0; --axis) {
      if (++at[static_cast<size_t>(axis)] < reached[static_cast<size_t>(axis)]) break;
      at[static_cast<size_t>(axis)] = 0;
    }
    if (axis < 0) return {};
  }
}

Status PersistentStore::rollback() {
  if (!allocated_) return {};
  for (size_t i = kept_.size(); i-- > 0;)
    OINF_TRY(device_->copy(undo_, kept_[i].undo, cells_[kept_[i].var].buffer, kept_[i].offset, kept_[i].bytes));
  for (Cells& c : cells_) {
    if (c.saved_whole) OINF_TRY(device_->copy(c.shadow, 0, c.buffer, 0, c.cell_bytes));
    if (c.indices == 0) continue;
    OINF_TRY(clear_fresh(c));
    c.filled = c.before;
    if (c.growth_before) c.growth = std::move(*c.growth_before);
  }
  commit();
  return {};
}

Status PersistentStore::reset() {
  if (!allocated_) return {};
  for (Cells& c : cells_) {
    const uint64_t total = bytes_of(c);
    if (c.patterned || !c.constants.empty())
      OINF_TRY(initialise(c, 0, total));
    else
      OINF_TRY(device_->clear(c.buffer, 0, total));
    c.filled = c.base;
    c.growth.clear();
    if (c.whole()) continue;
    own_.held -= c.held;
    c.held = c.touched = 0;
  }
  commit();
  return {};
}

}  // namespace openinfer
