// The merges of a byte pair encoding: which two neighbouring tokens become one, and which pair goes first.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace openinfer {

struct Merge {
  uint32_t rank = 0;  // lower goes first
  int32_t id = 0;     // of the joined token
};

// A hash table of pairs of ids, with open addressing: a model has up to several hundred thousand merges, and encoding
// does little else than look them up.
class MergeTable {
 public:
  // expected: how many pairs will come.
  explicit MergeTable(size_t expected = 0);

  // A pair that is there already gets the new merge. At most `expected` pairs.
  void insert(int32_t left, int32_t right, Merge merge);
  [[nodiscard]] const Merge* find(int32_t left, int32_t right) const;

  // Joins neighbours of ids in place, lowest rank first, the leftmost of equal ranks first, until no pair is left.
  // O(n log n).
  void apply(std::vector<int32_t>& ids) const;

 private:
  struct Slot {
    uint64_t pair = kEmpty;
    Merge merge;
  };
  static constexpr uint64_t kEmpty = ~uint64_t{0};  // no pair: ids are not negative

  [[nodiscard]] size_t slot_of(uint64_t pair) const;
  void apply_short(std::vector<int32_t>& ids) const;
  void apply_long(std::vector<int32_t>& ids) const;
  bool apply_in_batches(std::vector<int32_t>& ids) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them in use
  uint32_t ranks_ = 0;       // above every rank
};

}  // namespace openinfer
