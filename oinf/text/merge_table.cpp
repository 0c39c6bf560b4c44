#include "oinf/text/merge_table.h"

#include <algorithm>
#include <bit>
#include <queue>
#include <tuple>

namespace openinfer {
namespace {

// Up to this length scanning all pairs for the best beats a heap.
constexpr size_t kShort = 24;

uint64_t key(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

}  // namespace

MergeTable::MergeTable(size_t expected) : slots_(std::bit_ceil(expected * 2 + 2)) {}

size_t MergeTable::slot_of(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  uint64_t hash = pair * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 32;
  size_t at = hash & mask;
  while (slots_[at].pair != pair && slots_[at].pair != kEmpty) at = (at + 1) & mask;
  return at;
}

void MergeTable::insert(int32_t left, int32_t right, Merge merge) {
  Slot& slot = slots_[slot_of(key(left, right))];
  slot = {key(left, right), merge};
}

const Merge* MergeTable::find(int32_t left, int32_t right) const {
  if (left < 0 || right < 0) return nullptr;
  const Slot& slot = slots_[slot_of(key(left, right))];
  return slot.pair == kEmpty ? nullptr : &slot.merge;
}

void MergeTable::apply(std::vector<int32_t>& ids) const {
  if (ids.size() < 2) return;
  if (ids.size() <= kShort) {
    apply_short(ids);
  } else {
    apply_long(ids);
  }
}

void MergeTable::apply_short(std::vector<int32_t>& ids) const {
  const Merge* merges[kShort];  // merges[i]: of ids[i] and ids[i + 1]
  for (size_t i = 0; i + 1 < ids.size(); ++i) merges[i] = find(ids[i], ids[i + 1]);
  while (ids.size() > 1) {
    size_t best = ids.size();
    for (size_t i = 0; i + 1 < ids.size(); ++i)
      if (merges[i] && (best == ids.size() || merges[i]->rank < merges[best]->rank)) best = i;
    if (best == ids.size()) return;
    ids[best] = merges[best]->id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    for (size_t i = best + 1; i + 1 < ids.size(); ++i) merges[i] = merges[i + 1];
    if (best > 0) merges[best - 1] = find(ids[best - 1], ids[best]);
    if (best + 1 < ids.size()) merges[best] = find(ids[best], ids[best + 1]);
  }
}

void MergeTable::apply_long(std::vector<int32_t>& ids) const {
  constexpr uint32_t kNone = ~uint32_t{0};
  constexpr int32_t kGone = -1;  // joined to the one before it
  const auto size = static_cast<uint32_t>(ids.size());
  std::vector<uint32_t> next(size), previous(size);
  for (uint32_t i = 0; i < size; ++i) {
    next[i] = i + 1 < size ? i + 1 : kNone;
    previous[i] = i > 0 ? i - 1 : kNone;
  }
  struct Candidate {
    uint32_t rank, at;
    int32_t left, right;  // as they were found; the candidate is stale when they are other ones by now
    bool operator>(const Candidate& other) const { return std::tie(rank, at) > std::tie(other.rank, other.at); }
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](uint32_t at) {
    if (at == kNone || next[at] == kNone) return;
    const int32_t left = ids[at], right = ids[next[at]];
    if (const Merge* merge = find(left, right)) queue.push({merge->rank, at, left, right});
  };
  for (uint32_t i = 0; i < size; ++i) offer(i);
  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    const uint32_t at = candidate.at;
    if (ids[at] != candidate.left || next[at] == kNone || ids[next[at]] != candidate.right) continue;
    const uint32_t gone = next[at];
    ids[at] = find(candidate.left, candidate.right)->id;
    ids[gone] = kGone;
    next[at] = next[gone];
    if (next[at] != kNone) previous[next[at]] = at;
    offer(at);
    offer(previous[at]);
  }
  size_t kept = 0;
  for (uint32_t i = 0; i != kNone; i = next[i]) ids[kept++] = ids[i];
  ids.resize(kept);
}

}  // namespace openinfer
