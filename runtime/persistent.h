// The persistent memory of one session. What a step writes is kept until the step has succeeded, so that a step that
// fails leaves it as it was.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/program.h"
#include "runtime/device.h"
#include "runtime/memory_budget.h"

namespace openinfer {

class SessionFile;
struct SavedVariable;
using ByteSink = std::function<Status(std::span<const std::byte>)>;

// Half-open ranges of a table's indices that a write covers.
struct CellRange {
  std::array<std::pair<int64_t, int64_t>, kMaxRank> index{};
};

class PersistentStore {
 public:
  // The device outlives the store. `constants`: buffers of Program::constants, for @ref. Sizes must be numbers. Takes
  // no memory yet: use() says how much the store is going to take. Held from the beginning are variables without
  // indices, copies of those that the program writes (for a step that fails), and tables that do not begin as zero;
  // other tables count by what a run writes, up to their bound.
  static Result<PersistentStore> create(const Program& program, Device& device, const std::vector<BufferId>& constants,
                                        const MemoryBudget& budget);
  // Takes that memory, before the first step; again: nothing. R0006.
  Status allocate();

  // All of a variable: shape is the table's bounds (or how far it is filled), then the declared one.
  [[nodiscard]] DeviceView view(VarId var) const;
  [[nodiscard]] int64_t extent(VarId var, uint32_t index) const { return at(var).filled[index]; }
  // What stands beside persistent memory from now on: the plan that is about to run. grow() and guard() keep the budget
  // with it.
  void stands_beside(const MemoryUse& others) { others_ = others; }
  // Makes room for a write that ends at `end` of a growing index. R0006, R0009.
  Status grow(VarId var, uint32_t index, int64_t end);
  // persistent_growth.cpp, @auto_dim: by how much an axis of a member, which its index numbers, is longer than
  // declared.
  [[nodiscard]] int64_t growth(VarId var, std::span<const int64_t> member, uint32_t axis) const;
  [[nodiscard]] int64_t reach(VarId var, std::span<const int64_t> member, uint32_t axis) const {
    return at(var).base[at(var).members + axis] + growth(var, member, axis);
  }
  // Makes the axis `by` longer than declared, if it is not already. R0006, R0009.
  Status grow_axis(VarId var, std::span<const int64_t> member, uint32_t axis, int64_t by);
  // These members, ranges of the table's indices, are as declared again. R0006, R0009.
  Status reset_members(VarId var, CellRange members);
  // Growing indices reach nothing again, until the next write or the step's failure. The cells are reset before.
  void empty(VarId var);
  // Called before a write: keeps what will be overwritten. R0006, R0009.
  Status guard(VarId var, const CellRange& cells);

  void commit();      // the step succeeded
  Status rollback();  // it did not
  Status reset();     // as at the beginning of the session

  [[nodiscard]] uint64_t bytes() const;  // of all variables, as large as they are now
  [[nodiscard]] uint64_t undo_bytes() const;
  [[nodiscard]] uint64_t growing_bytes() const;  // part of bytes(): tables with an index that nothing bounds
  [[nodiscard]] MemoryUse use() const;
  [[nodiscard]] uint64_t bytes_of(VarId var) const;
  [[nodiscard]] uint64_t held_of(VarId var) const;  // of them, those that have been written, or are from the beginning

  // persistent_saved.cpp: what a saved session says of each variable, in the program's order, and its bytes.
  [[nodiscard]] std::vector<SavedVariable> saved() const;
  Status read_saved(size_t variable, const ByteSink& sink) const;
  // Takes the place of everything, or changes nothing: I0006 where a variable does not fit, R0006, R0009.
  Status restore(const Program& program, const SessionFile& file);

 private:
  using Member = std::array<int64_t, kMaxRank>;  // the table's indices, then zeros
  using Growth = std::map<Member, Member>;       // by how much each axis is longer than declared, where any is
  struct Cells {
    std::string name;
    BufferId buffer{};
    DType dtype = DType::f32;
    uint32_t indices = 0;                 // leading axes: the table's indices, then the axes that grow
    uint32_t members = 0;                 // the table's indices
    Shape capacity;                       // of the buffer, indices first
    std::vector<bool> grows;              // per index
    bool open = false;                    // nothing bounds one that grows
    std::vector<int64_t> base;            // per index: how far it reaches at the session's beginning
    std::vector<int64_t> filled, before;  // per index: one past the largest written; at the step's beginning
    std::vector<int64_t> emptied;         // per index: how far it was filled when this step emptied it
    Growth growth;
    std::optional<Growth> growth_before;  // at the step's beginning, where the step changed it
    uint64_t cell_bytes = 0;
    std::array<std::byte, 8> pattern{};
    bool patterned = false;           // @init that is not zero
    std::vector<uint32_t> constants;  // @ref: one for all cells; @pattern: one for each
    bool saved_whole = false;
    std::vector<bool> saved;  // by cell below `before`: it was kept in this step. Empty: none, or too many to tell
    bool written = false;     // by the program
    bool shadowed = false;    // a variable without indices that is written: a copy of it for a step that fails
    BufferId shadow{};
    uint64_t touched = 0;  // bytes of all writes, pages counted whole
    uint64_t held = 0;     // bytes that have been written at most
    [[nodiscard]] bool whole() const {
      return indices == 0 || patterned || !constants.empty();
    }  // held from the beginning
  };
  struct Kept {
    uint32_t var = 0;
    uint64_t offset = 0, bytes = 0, undo = 0;
  };

  Cells& at(VarId v) { return cells_[slot_[static_cast<size_t>(v)]]; }
  const Cells& at(VarId v) const { return cells_[slot_[static_cast<size_t>(v)]]; }
  [[nodiscard]] static uint64_t bytes_of(const Cells& c);
  void reserve_undo();
  Status initialise(Cells& c, uint64_t first, uint64_t bytes);
  Status keep(uint32_t var, uint64_t offset, uint64_t bytes);
  Status hold(Cells& c, const CellRange& range);
  Status admit(const Cells& c, const MemoryUse& more) const;
  Status clear_fresh(Cells& c);
  Result<Shape> larger_capacity(const Cells& c, int axis, int64_t end) const;
  Status fits(const Program& program, const SessionFile& file) const;
  Status replace(const SessionFile& file);

  Device* device_ = nullptr;
  std::vector<BufferId> constants_;
  std::vector<uint32_t> slot_;  // by VarId
  std::vector<Cells> cells_;
  std::vector<VarId> order_;
  std::vector<Kept> kept_;
  BufferId undo_{};
  uint64_t undo_capacity_ = 0, undo_used_ = 0, shadow_bytes_ = 0;
  uint64_t undo_reserved_ = 0;  // address space of undo_
  bool allocated_ = false;
  MemoryBudget budget_;
  MemoryUse others_, own_;  // own_: all cells, shadows, what is kept
};

}  // namespace openinfer
