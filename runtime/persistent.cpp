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

// Variables that some step of the program writes.
void collect_written(const std::vector<Step>& steps, std::vector<bool>& written) {
  for (const Step& s : steps) {
    for (const Operand& o : s.out)
      if (o.kind == Operand::Kind::variable) written[static_cast<size_t>(o.var)] = true;
    collect_written(s.body, written);
    collect_written(s.otherwise, written);
  }
}

}  // namespace

Result<PersistentStore> PersistentStore::create(const Program& program, Device& device,
                                                const std::vector<BufferId>& constants, const MemoryBudget& budget) {
  PersistentStore store;
  store.device_ = &device;
  store.budget_ = budget;
  store.constants_ = constants;
  store.slot_.resize(program.variables.size(), UINT32_MAX);
  std::vector<bool> written(program.variables.size());
  collect_written(program.steps, written);
  for (size_t i = 0; i < program.variables.size(); ++i) {
    const Variable& v = program.variables[i];
    if (v.kind != VarKind::persistent || !v.dtype) continue;
    Cells c;
    c.name = v.name;
    c.dtype = *v.dtype;
    c.members = static_cast<uint32_t>(v.table.size());
    c.indices = static_cast<uint32_t>(v.table.size() + v.growing.size());
    const auto number = [&](Dim d) { return program.dims->value(d); };
    for (const TableIndex& t : v.table) {
      const auto n = t.bound ? number(*t.bound) : std::optional<int64_t>(0);
      if (!n || *n < 0) return Diagnostic(Code::E0206, "the bound of `" + v.name + "` is no number", v.span);
      c.capacity.push_back(*n);
      c.grows.push_back(!t.bound);
      c.open |= !t.bound;
      c.base.push_back(0);
    }
    Shape cell;
    for (size_t axis = 0; axis < v.shape.size(); ++axis) {
      const auto n = number(v.shape[axis]);
      if (!n || *n < 0)
        return Diagnostic(Code::E0206, "`" + v.name + "` outlives a step, so its size cannot depend on one", v.span);
      if (c.capacity.rank() == kMaxRank)
        return Diagnostic(Code::E0213, "`" + v.name + "` has more than 8 indices and axes", v.span);
      if (axis >= v.growing.size()) {
        c.capacity.push_back(*n);
        cell.push_back(*n);
        continue;
      }
      const TableIndex& index = v.growing[axis].index;
      const auto room = index.bound ? number(*index.bound) : std::optional<int64_t>(0);
      int64_t most = 0;
      if (!room || *room < 0)
        return Diagnostic(Code::E0206, "the bound of `" + index.name + "` of `" + v.name + "` is no number", v.span);
      if (__builtin_add_overflow(*n, *room, &most))
        return Diagnostic(Code::R0006, "`" + v.name + "` would need more memory than there is", v.span);
      c.capacity.push_back(most);
      c.grows.push_back(true);
      c.open |= !index.bound;
      c.base.push_back(*n);
    }
    c.filled = c.before = c.base;
    c.emptied.assign(c.indices, 0);
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
    c.constants = v.initial_constants;
    c.written = written[i];
    c.shadowed = c.indices == 0 && c.written;
    c.held = c.whole() ? total : 0;
    const uint64_t copies = c.shadowed ? total : 0;
    store.own_ += {c.held + copies, total + copies};
    store.shadow_bytes_ += copies;
    store.slot_[i] = static_cast<uint32_t>(store.cells_.size());
    store.order_.push_back(static_cast<VarId>(i));
    store.cells_.push_back(std::move(c));
  }
  return store;
}

Status PersistentStore::allocate() {
  if (allocated_) return {};
  for (Cells& c : cells_) {
    OINF_ASSIGN(c.buffer, device_->allocate(bytes_of(c)));
    if (c.shadowed) {
      OINF_ASSIGN(c.shadow, device_->allocate(bytes_of(c)));
    }
    OINF_TRY(initialise(c, 0, bytes_of(c)));
  }
  reserve_undo();
  allocated_ = true;
  return {};
}

// Memory is zero when it is new; only other beginnings are written.
Status PersistentStore::initialise(Cells& c, uint64_t first, uint64_t bytes) {
  if (!c.constants.empty()) {
    for (uint64_t at = first; at < first + bytes;) {
      const uint64_t inside = at % c.cell_bytes, n = std::min(c.cell_bytes - inside, first + bytes - at);
      const uint32_t constant = c.constants[at / c.cell_bytes % c.constants.size()];
      OINF_TRY(device_->copy(constants_[constant], inside, c.buffer, at, n));
      at += n;
    }
    return {};
  }
  if (!c.patterned) return {};
  std::vector<std::byte> chunk(std::min<uint64_t>(bytes, 65536));
  fill(chunk, c.pattern);
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

// Twice as much, so that appending stays cheap; just enough where the budget has no room for that.
Result<Shape> PersistentStore::larger_capacity(const Cells& c, int axis, int64_t end) const {
  if (end > (int64_t{1} << 40))
    return Diagnostic(Code::R0006, "table `" + c.name + "` would grow to " + std::to_string(end) + " entries");
  Status refused;
  for (const int64_t entries : {std::max<int64_t>(end, std::max<int64_t>(8, 2 * c.capacity[axis])), end}) {
    Shape larger = c.capacity;
    larger[axis] = entries;
    // A growing index that nobody used has no room at all yet.
    for (uint32_t i = 0; i < c.indices; ++i)
      if (larger[static_cast<int>(i)] == 0 && c.grows[i]) larger[static_cast<int>(i)] = 1;
    uint64_t total = 0;
    if (!larger.elements_checked() || __builtin_mul_overflow(c.cell_bytes, cells_of(larger, c.indices), &total) ||
        total > (uint64_t{1} << 46))
      refused = Diagnostic(Code::R0006, "table `" + c.name + "` would grow to " + to_string(larger));
    else
      refused = admit(c, {c.whole() ? total : c.held, total});  // the old one is there until it has been copied
    if (refused.ok()) return larger;
  }
  return refused.error();
}

Status PersistentStore::grow(VarId var, uint32_t index, int64_t end) {
  Cells& c = at(var);
  const int axis = static_cast<int>(index);
  if (!c.grows[index] || end <= c.capacity[axis]) {
    c.filled[index] = std::max(c.filled[index], end);
    return {};
  }
  OINF_ASSIGN(const Shape larger, larger_capacity(c, axis, end));
  const uint64_t total = c.cell_bytes * cells_of(larger, c.indices);
  const uint64_t old_total = c.cell_bytes * cells_of(c.capacity, c.indices);
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
  device_->release(old);
  c.capacity = larger;
  c.filled[index] = std::max(c.filled[index], end);
  own_.reserved += total - old_total;
  if (c.whole()) {
    own_.held += total - c.held;
    c.held = total;
  }
  return {};
}

void PersistentStore::empty(VarId var) {
  Cells& c = at(var);
  for (uint32_t i = 0; i < c.indices; ++i)
    if (c.grows[i]) {
      c.emptied[i] = std::max(c.emptied[i], c.filled[i]);
      c.filled[i] = c.base[i];
    }
}

uint64_t PersistentStore::bytes() const {
  uint64_t n = 0;
  for (const Cells& c : cells_) n += bytes_of(c);
  return n;
}

uint64_t PersistentStore::growing_bytes() const {
  uint64_t n = 0;
  for (const Cells& c : cells_)
    if (c.open) n += bytes_of(c);
  return n;
}

uint64_t PersistentStore::bytes_of(VarId var) const {
  if (static_cast<size_t>(var) >= slot_.size() || slot_[static_cast<size_t>(var)] == UINT32_MAX) return 0;
  return bytes_of(at(var));
}

uint64_t PersistentStore::held_of(VarId var) const { return bytes_of(var) == 0 ? 0 : at(var).held; }

uint64_t PersistentStore::bytes_of(const Cells& c) { return c.cell_bytes * cells_of(c.capacity, c.indices); }

MemoryUse PersistentStore::use() const { return own_; }

uint64_t PersistentStore::undo_bytes() const { return shadow_bytes_ + undo_capacity_; }

}  // namespace openinfer
