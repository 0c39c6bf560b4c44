// A session's memory leaves and comes back: cells below what was ever written, which are all that differ from the
// beginning. So a session that was saved with little room can go on with more.
#include <algorithm>

#include "runtime/persistent.h"
#include "runtime/session_file.h"

namespace openinfer {
namespace {

constexpr uint64_t kPiece = uint64_t{1} << 20;

// Calls row(first cell, number of cells) for each dense piece of the box [0, end) in a buffer of this capacity.
template <class Row>
Status for_each_row(const Shape& capacity, uint32_t indices, std::span<const int64_t> end, const Row& row) {
  if (indices == 0) return row(0, 1);
  for (const int64_t n : end)
    if (n <= 0) return {};
  const uint32_t last = indices - 1;
  std::array<int64_t, kMaxRank> at{};
  while (true) {
    uint64_t first = 0;
    for (uint32_t i = 0; i < indices; ++i)
      first = first * static_cast<uint64_t>(capacity[static_cast<int>(i)]) + static_cast<uint64_t>(at[i]);
    OINF_TRY(row(first, static_cast<uint64_t>(end[last])));
    uint32_t axis = last;
    for (; axis > 0; --axis) {
      if (++at[axis - 1] < end[axis - 1]) break;
      at[axis - 1] = 0;
    }
    if (axis == 0) return {};
  }
}

}  // namespace

std::vector<SavedVariable> PersistentStore::saved() const {
  std::vector<SavedVariable> list;
  for (const Cells& c : cells_) {
    SavedVariable v;
    v.name = c.name;
    v.dtype = c.dtype;
    v.members = c.members;
    v.growing = c.indices - c.members;
    v.bytes = c.cell_bytes;
    for (uint32_t i = 0; i < c.indices; ++i) {
      v.filled.push_back(c.filled[i]);
      v.bytes *= static_cast<uint64_t>(c.filled[i]);
      if (i >= c.members) v.declared.push_back(c.base[i]);
    }
    for (int axis = static_cast<int>(c.indices); axis < c.capacity.rank(); ++axis)
      v.declared.push_back(c.capacity[axis]);
    v.growth.assign(c.growth.begin(), c.growth.end());
    list.push_back(std::move(v));
  }
  return list;
}

Status PersistentStore::read_saved(size_t variable, const ByteSink& sink) const {
  const Cells& c = cells_[variable];
  std::vector<std::byte> piece;
  return for_each_row(c.capacity, c.indices, c.filled, [&](uint64_t first, uint64_t cells) -> Status {
    const uint64_t end = (first + cells) * c.cell_bytes;
    for (uint64_t at = first * c.cell_bytes; at < end; at += piece.size()) {
      piece.resize(std::min(kPiece, end - at));
      OINF_TRY(device_->read_back(c.buffer, at, piece));
      OINF_TRY(sink(piece));
    }
    return {};
  });
}

Status PersistentStore::fits(const Program& program, const SessionFile& file) const {
  const auto& saved = file.content().variables;
  const auto wrong = [](std::string what) { return Diagnostic(Code::I0006, std::move(what)); };
  if (saved.size() != cells_.size())
    return wrong("it holds " + std::to_string(saved.size()) + " variables, and the session has " +
                 std::to_string(cells_.size()));
  const std::vector<SavedVariable> own = this->saved();
  for (size_t k = 0; k < saved.size(); ++k) {
    const SavedVariable &a = saved[k], &b = own[k];
    if (a.name != b.name) return wrong("it holds `" + a.name + "` where the session has `" + b.name + "`");
    const auto text = [](const SavedVariable& v) {
      return std::string(openinfer::name(v.dtype)) + to_string(v.declared) + " with " + std::to_string(v.members) +
             " indices";
    };
    if (a.dtype != b.dtype || a.declared != b.declared || a.members != b.members || a.growing != b.growing)
      return wrong("`" + a.name + "` is " + text(a) + " in it, and " + text(b) + " in the session");
    const Variable& v = program.var(order_[k]);
    for (uint32_t i = 0; i < a.members + a.growing; ++i) {
      const TableIndex& index = i < a.members ? v.table[i] : v.growing[i - a.members].index;
      const int64_t room = cells_[k].capacity[static_cast<int>(i)], end = a.filled[static_cast<int>(i)];
      if (index.bound && end > room)
        return wrong("`" + a.name + "` is filled up to " + index.name + " = " + std::to_string(end) +
                     ", and the session has room for " + std::to_string(room));
    }
  }
  return {};
}

// What was there is kept as in a step, so that memory which runs out on the way changes nothing.
Status PersistentStore::replace(const SessionFile& file) {
  const auto box = [](std::span<const int64_t> end) {
    CellRange range;
    for (size_t i = 0; i < end.size(); ++i) range.index[i] = {0, end[i]};
    return range;
  };
  for (size_t k = 0; k < cells_.size(); ++k) {
    Cells& c = cells_[k];
    const SavedVariable& v = file.content().variables[k];
    const auto begin_again = [&](uint64_t first, uint64_t cells) {
      const uint64_t at = first * c.cell_bytes, bytes = cells * c.cell_bytes;
      return c.patterned || !c.constants.empty() ? initialise(c, at, bytes) : device_->clear(c.buffer, at, bytes);
    };
    OINF_TRY(guard(order_[k], box(c.filled)));
    OINF_TRY(for_each_row(c.capacity, c.indices, c.filled, begin_again));
    for (uint32_t i = 0; i < c.indices; ++i) OINF_TRY(grow(order_[k], i, v.filled[static_cast<int>(i)]));
    OINF_TRY(guard(order_[k], box(v.filled.dims())));
    std::span<const std::byte> rest = file.payload(k);
    OINF_TRY(for_each_row(c.capacity, c.indices, v.filled.dims(), [&](uint64_t first, uint64_t cells) {
      const auto row = rest.first(cells * c.cell_bytes);
      rest = rest.subspan(row.size());
      return device_->upload(c.buffer, first * c.cell_bytes, row);
    }));
  }
  return file.unchanged();
}

Status PersistentStore::restore(const Program& program, const SessionFile& file) {
  OINF_TRY(fits(program, file));
  OINF_TRY(budget_.admit(others_ + own_));
  OINF_TRY(allocate());
  if (Status replaced = replace(file); !replaced) {
    OINF_TRY(rollback());
    return replaced;
  }
  for (size_t k = 0; k < cells_.size(); ++k) {
    const SavedVariable& v = file.content().variables[k];
    cells_[k].filled.assign(v.filled.begin(), v.filled.end());
    cells_[k].growth = Growth(v.growth.begin(), v.growth.end());
  }
  commit();
  return {};
}

}  // namespace openinfer
