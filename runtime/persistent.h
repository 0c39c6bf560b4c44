// The persistent memory of one session. What a step writes is kept until the step has succeeded, so that a step that
// fails leaves it as it was.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ir/program.h"
#include "runtime/device.h"

namespace openinfer {

// Half-open ranges of a table's indices that a write covers.
struct CellRange {
  std::array<std::pair<int64_t, int64_t>, kMaxRank> index{};
};

class PersistentStore {
 public:
  // The device outlives the store. `constants`: buffers of Program::constants, for @ref. Sizes must be numbers.
  static Result<PersistentStore> create(const Program& program, Device& device, const std::vector<BufferId>& constants);

  // All of a variable: shape is the table's bounds (or how far it is filled), then the declared one.
  [[nodiscard]] DeviceView view(VarId var) const;
  [[nodiscard]] int64_t extent(VarId var, uint32_t index) const { return at(var).filled[index]; }
  // Makes room for a write that ends at `end` of a growing index.
  Status grow(VarId var, uint32_t index, int64_t end);
  // Growing indices reach nothing again, until the next write or the step's failure. The cells are reset before.
  void empty(VarId var);
  // Called before a write: keeps what will be overwritten.
  Status guard(VarId var, const CellRange& cells);

  void commit();      // the step succeeded
  Status rollback();  // it did not
  Status reset();     // as at the beginning of the session

  [[nodiscard]] uint64_t bytes() const;
  [[nodiscard]] uint64_t undo_bytes() const;

  // For saving and restoring a session: bytes of a variable as they are.
  [[nodiscard]] const std::vector<VarId>& variables() const { return order_; }

 private:
  struct Cells {
    BufferId buffer{};
    DType dtype = DType::f32;
    uint32_t indices = 0;                 // leading axes
    Shape capacity;                       // of the buffer, indices first
    std::vector<bool> grows;              // per index
    std::vector<int64_t> filled, before;  // per index: one past the largest written; at the step's beginning
    uint64_t cell_bytes = 0;
    std::array<std::byte, 8> pattern{};
    bool patterned = false;  // @init that is not zero
    int constant = -1;       // @ref
    bool saved_whole = false;
    std::vector<bool> saved;  // per cell, when cells were kept in this step
    BufferId shadow{};        // of a variable without indices
  };
  struct Kept {
    uint32_t var = 0;
    uint64_t offset = 0, bytes = 0, undo = 0;
  };

  Cells& at(VarId v) { return cells_[slot_[static_cast<size_t>(v)]]; }
  const Cells& at(VarId v) const { return cells_[slot_[static_cast<size_t>(v)]]; }
  Status initialise(Cells& c, uint64_t first, uint64_t bytes);
  Status keep(uint32_t var, uint64_t offset, uint64_t bytes);

  Device* device_ = nullptr;
  std::vector<BufferId> constants_;
  std::vector<uint32_t> slot_;  // by VarId
  std::vector<Cells> cells_;
  std::vector<VarId> order_;
  std::vector<Kept> kept_;
  BufferId undo_{};
  uint64_t undo_capacity_ = 0, undo_used_ = 0, shadow_bytes_ = 0;
};

}  // namespace openinfer
