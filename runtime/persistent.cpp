#include "runtime/persistent.h"

#include <algorithm>

#include "runtime/initial_value.h"

namespace openinfer {
namespace {

uint64_t cells_of(const Shape& capacity, uint32_t indices) {
  uint64_t n = 1;
  for (uint32_t i = 0; i < indices; ++i) n *= static_cast<uint64_t>(capacity[static_cast<int>(i)]);
  return n;
}

}  // namespace

Result<PersistentStore> PersistentStore::create(const Program& program, Device& device,
                                                const std::vector<BufferId>& constants) {
  PersistentStore store;
  store.device_ = &device;
  store.constants_ = constants;
  store.slot_.resize(program.variables.size(), UINT32_MAX);
  for (size_t i = 0; i < program.variables.size(); ++i) {
    const Variable& v = program.variables[i];
    if (v.kind != VarKind::persistent || !v.dtype) continue;
    Cells c;
    c.dtype = *v.dtype;
    c.indices = static_cast<uint32_t>(v.table.size());
    const auto number = [&](Dim d) { return program.dims->value(d); };
    for (const TableIndex& t : v.table) {
      const auto n = t.bound ? number(*t.bound) : std::optional<int64_t>(0);
      if (!n || *n < 0) return Diagnostic(Code::E0206, "the bound of `" + v.name + "` is no number", v.span);
      c.capacity.push_back(*n);
      c.grows.push_back(!t.bound);
      c.filled.push_back(0);
    }
    Shape cell;
    for (Dim d : v.shape) {
      const auto n = number(d);
      if (!n || *n < 0)
        return Diagnostic(Code::E0206, "`" + v.name + "` outlives a step, so its size cannot depend on one", v.span);
      if (c.capacity.rank() == kMaxRank)
        return Diagnostic(Code::E0213, "`" + v.name + "` has more than 8 indices and axes", v.span);
      c.capacity.push_back(*n);
      cell.push_back(*n);
    }
    c.before = c.filled;
    const auto n = cell.elements_checked(), all = c.capacity.elements_checked();
    const auto bytes = n && all ? storage_bytes(c.dtype, static_cast<uint64_t>(*n),
                                                cell.rank() ? static_cast<uint64_t>(cell[cell.rank() - 1]) : 1)
                                : std::nullopt;
    uint64_t total = 0;
    if (!bytes || __builtin_mul_overflow(*bytes, cells_of(c.capacity, c.indices), &total) ||
        total > (uint64_t{1} << 46))
      return Diagnostic(Code::R0006, "`" + v.name + "` would need more memory than there is: " + to_string(c.capacity),
                        v.span);
    c.cell_bytes = *bytes;
    if (v.initial) {
      c.pattern = repeated(*v.initial, c.dtype, *program.dims);
      c.patterned = std::any_of(c.pattern.begin(), c.pattern.end(), [](std::byte b) { return b != std::byte{0}; });
    }
    if (v.initial_constant) c.constant = static_cast<int>(*v.initial_constant);
    OINF_ASSIGN(c.buffer, device.allocate(total));
    if (c.indices == 0) {
      OINF_ASSIGN(c.shadow, device.allocate(total));
      store.shadow_bytes_ += total;
    }
    store.slot_[i] = static_cast<uint32_t>(store.cells_.size());
    store.order_.push_back(static_cast<VarId>(i));
    OINF_TRY(store.initialise(c, 0, total));
    store.cells_.push_back(std::move(c));
  }
  return store;
}

// Memory is zero when it is new; only other beginnings are written.
Status PersistentStore::initialise(Cells& c, uint64_t first, uint64_t bytes) {
  if (c.constant >= 0) {
    // Every cell begins as the stored tensor.
    for (uint64_t at = first; at < first + bytes;) {
      const uint64_t inside = at % c.cell_bytes, n = std::min(c.cell_bytes - inside, first + bytes - at);
      OINF_TRY(device_->copy(constants_[static_cast<size_t>(c.constant)], inside, c.buffer, at, n));
      at += n;
    }
    return {};
  }
  if (!c.patterned) return {};
  std::vector<std::byte> chunk(std::min<uint64_t>(bytes, 65536));
  for (size_t i = 0; i < chunk.size(); ++i) chunk[i] = c.pattern[i % c.pattern.size()];
  for (uint64_t at = 0; at < bytes; at += chunk.size())
    OINF_TRY(
        device_->upload(c.buffer, first + at, std::span(chunk).first(std::min<uint64_t>(chunk.size(), bytes - at))));
  return {};
}

DeviceView PersistentStore::view(VarId var) const {
  const Cells& c = at(var);
  DeviceView v;
  v.buffer = c.buffer;
  v.shape = c.capacity;
  int64_t stride = 1;
  for (int i = c.capacity.rank() - 1; i >= 0; --i) {
    v.strides[static_cast<size_t>(i)] = stride;
    stride *= c.capacity[i];
  }
  for (uint32_t i = 0; i < c.indices; ++i)
    if (c.grows[i]) v.shape[static_cast<int>(i)] = c.filled[i];
  return v;
}

Status PersistentStore::grow(VarId var, uint32_t index, int64_t end) {
  Cells& c = at(var);
  const int axis = static_cast<int>(index);
  if (!c.grows[index] || end <= c.capacity[axis]) {
    c.filled[index] = std::max(c.filled[index], end);
    return {};
  }
  if (end > (int64_t{1} << 40))
    return Diagnostic(Code::R0006, "a table would grow to " + std::to_string(end) + " entries");
  Shape larger = c.capacity;
  larger[axis] = std::max<int64_t>(end, std::max<int64_t>(8, 2 * c.capacity[axis]));
  // A growing index that nobody used has no room at all yet.
  for (uint32_t i = 0; i < c.indices; ++i)
    if (larger[static_cast<int>(i)] == 0 && c.grows[i]) larger[static_cast<int>(i)] = 1;
  uint64_t total = 0;
  if (!larger.elements_checked() || __builtin_mul_overflow(c.cell_bytes, cells_of(larger, c.indices), &total) ||
      total > (uint64_t{1} << 46))
    return Diagnostic(Code::R0006, "a table would grow to " + to_string(larger));
  OINF_ASSIGN(const BufferId fresh, device_->allocate(total));
  // Rows of the old table keep their place among the axes before the one that grew.
  uint64_t outer = 1, inner_old = c.cell_bytes, inner_new = c.cell_bytes;
  for (uint32_t i = 0; i < c.indices; ++i) {
    if (static_cast<int>(i) < axis)
      outer *= static_cast<uint64_t>(c.capacity[static_cast<int>(i)]);
    else
      inner_old *= static_cast<uint64_t>(c.capacity[static_cast<int>(i)]),
          inner_new *= static_cast<uint64_t>(larger[static_cast<int>(i)]);
  }
  const BufferId old = c.buffer;
  c.buffer = fresh;
  OINF_TRY(initialise(c, 0, total));
  for (uint64_t o = 0; o < outer && inner_old > 0; ++o)
    OINF_TRY(device_->copy(old, o * inner_old, fresh, o * inner_new, inner_old));
  // What was kept names places of the old table.
  for (Kept& k : kept_) {
    if (&cells_[k.var] != &c || inner_old == 0) continue;
    k.offset = k.offset / inner_old * inner_new + k.offset % inner_old;
  }
  c.saved.clear();
  device_->release(old);
  c.capacity = larger;
  c.filled[index] = std::max(c.filled[index], end);
  return {};
}

void PersistentStore::empty(VarId var) {
  Cells& c = at(var);
  for (uint32_t i = 0; i < c.indices; ++i)
    if (c.grows[i]) c.filled[i] = 0;
}

Status PersistentStore::keep(uint32_t var, uint64_t offset, uint64_t bytes) {
  if (undo_used_ + bytes > undo_capacity_) {
    const uint64_t larger = std::max<uint64_t>(undo_used_ + bytes, std::max<uint64_t>(65536, 2 * undo_capacity_));
    OINF_ASSIGN(const BufferId fresh, device_->allocate(larger));
    if (undo_capacity_) {
      OINF_TRY(device_->copy(undo_, 0, fresh, 0, undo_used_));
      device_->release(undo_);
    }
    undo_ = fresh;
    undo_capacity_ = larger;
  }
  OINF_TRY(device_->copy(cells_[var].buffer, offset, undo_, undo_used_, bytes));
  // Rows that are overwritten one after the other are one piece.
  Kept* last = kept_.empty() ? nullptr : &kept_.back();
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
    c.saved_whole = true;
    return device_->copy(c.buffer, 0, c.shadow, 0, c.cell_bytes);
  }
  bool fresh = false, empty = false;
  for (uint32_t i = 0; i < c.indices; ++i) {
    fresh |= range.index[i].first >= c.before[i];
    empty |= range.index[i].first >= range.index[i].second;
    c.filled[i] = std::max(c.filled[i], range.index[i].second);
  }
  if (fresh || empty) return {};
  // Cells that existed when the step began are kept once.
  const uint64_t cells = cells_of(c.capacity, c.indices);
  if (c.saved.size() != cells) c.saved.assign(cells, false);
  std::array<int64_t, kMaxRank> at{};
  for (uint32_t i = 0; i < c.indices; ++i) at[i] = range.index[i].first;
  const uint32_t last = c.indices - 1;
  while (true) {
    uint64_t row = 0;
    for (uint32_t i = 0; i < c.indices; ++i)
      row = row * static_cast<uint64_t>(c.capacity[static_cast<int>(i)]) +
            static_cast<uint64_t>(i == last ? range.index[i].first : at[i]);
    const uint64_t count = static_cast<uint64_t>(range.index[last].second - range.index[last].first);
    for (uint64_t k = 0; k < count;) {
      if (c.saved[row + k]) {
        ++k;
        continue;
      }
      uint64_t run = k;
      while (run < count && !c.saved[row + run]) c.saved[row + run] = true, ++run;
      OINF_TRY(keep(var, (row + k) * c.cell_bytes, (run - k) * c.cell_bytes));
      k = run;
    }
    int axis = static_cast<int>(last) - 1;
    for (; axis >= 0; --axis) {
      if (++at[static_cast<size_t>(axis)] < range.index[static_cast<size_t>(axis)].second) break;
      at[static_cast<size_t>(axis)] = range.index[static_cast<size_t>(axis)].first;
    }
    if (axis < 0) return {};
  }
}

void PersistentStore::commit() {
  kept_.clear();
  undo_used_ = 0;
  for (Cells& c : cells_) {
    c.before = c.filled;
    c.saved_whole = false;
    if (!c.saved.empty()) c.saved.assign(c.saved.size(), false);
  }
}

Status PersistentStore::rollback() {
  for (size_t i = kept_.size(); i-- > 0;)
    OINF_TRY(device_->copy(undo_, kept_[i].undo, cells_[kept_[i].var].buffer, kept_[i].offset, kept_[i].bytes));
  for (Cells& c : cells_) {
    if (c.saved_whole) OINF_TRY(device_->copy(c.shadow, 0, c.buffer, 0, c.cell_bytes));
    if (c.indices == 0) continue;
    // Cells that this step was the first to write begin again.
    const std::vector<std::byte> zero(c.cell_bytes);
    const uint64_t cells = cells_of(c.capacity, c.indices);
    for (uint64_t cell = 0; cell < cells; ++cell) {
      uint64_t rest = cell;
      bool touched = true, fresh = false;
      for (uint32_t i = c.indices; i-- > 0;) {
        const auto n = static_cast<uint64_t>(c.capacity[static_cast<int>(i)]);
        const auto index = static_cast<int64_t>(rest % n);
        rest /= n;
        touched &= index < c.filled[i];
        fresh |= index >= c.before[i];
      }
      if (!touched || !fresh) continue;
      if (c.patterned || c.constant >= 0)
        OINF_TRY(initialise(c, cell * c.cell_bytes, c.cell_bytes));
      else
        OINF_TRY(device_->upload(c.buffer, cell * c.cell_bytes, zero));
    }
    c.filled = c.before;
  }
  commit();
  return {};
}

Status PersistentStore::reset() {
  for (Cells& c : cells_) {
    const uint64_t total = c.cell_bytes * cells_of(c.capacity, c.indices);
    if (c.patterned || c.constant >= 0) {
      OINF_TRY(initialise(c, 0, total));
    } else {
      const std::vector<std::byte> zero(std::min<uint64_t>(total, 1 << 20));
      for (uint64_t at = 0; at < total; at += zero.size())
        OINF_TRY(device_->upload(c.buffer, at, std::span(zero).first(std::min<uint64_t>(zero.size(), total - at))));
    }
    std::fill(c.filled.begin(), c.filled.end(), 0);
  }
  commit();
  return {};
}

uint64_t PersistentStore::bytes() const {
  uint64_t n = 0;
  for (const Cells& c : cells_) n += c.cell_bytes * cells_of(c.capacity, c.indices);
  return n;
}

uint64_t PersistentStore::undo_bytes() const { return shadow_bytes_ + undo_capacity_; }

}  // namespace openinfer
