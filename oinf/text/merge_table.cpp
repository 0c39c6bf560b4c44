#include "oinf/text/merge_table.h"

#include <algorithm>
#include <bit>
#include <queue>
#include <tuple>

namespace openinfer {
namespace {

// Up to this length scanning all pairs for the best beats a heap.
constexpr size_t kShort = 24;
// From this length on the tables of apply_in_batches() are worth setting up.
constexpr size_t kVeryLong = 4096;
// Of a merge table that hands out ranks below the one at work; trained merges never do.
constexpr size_t kMostDetours = 1000;

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
  ranks_ = std::max(ranks_, merge.rank + 1);
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
  } else if (ids.size() < kVeryLong || !apply_in_batches(ids)) {
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

namespace {

constexpr uint32_t kNone = ~uint32_t{0};
constexpr int32_t kGone = -1;  // joined to the one before it

// A text's symbols as a list whose members can be joined.
struct Symbols {
  std::vector<int32_t>& ids;
  std::vector<uint32_t> next, previous;

  explicit Symbols(std::vector<int32_t>& symbols) : ids(symbols), next(symbols.size()), previous(symbols.size()) {
    const auto size = static_cast<uint32_t>(ids.size());
    for (uint32_t i = 0; i < size; ++i) {
      next[i] = i + 1 < size ? i + 1 : kNone;
      previous[i] = i > 0 ? i - 1 : kNone;
    }
  }
  void join(uint32_t at, int32_t joined) {
    const uint32_t gone = next[at];
    ids[at] = joined;
    ids[gone] = kGone;
    next[at] = next[gone];
    if (next[at] != kNone) previous[next[at]] = at;
  }
  void compact() {
    size_t kept = 0;
    for (uint32_t i = 0; i != kNone; i = next[i]) ids[kept++] = ids[i];
    ids.resize(kept);
  }
};

}  // namespace

// All places of one rank are done in one go: no heap of a million places, and the table's slot stays in the cache.
// False, with the ids as they were, for a table whose joined pairs keep having lower ranks than the pair at work.
bool MergeTable::apply_in_batches(std::vector<int32_t>& ids) const {
  const std::vector<int32_t> before = ids;
  Symbols symbols(ids);
  std::vector<std::vector<uint32_t>> places;  // of the ranks that were met
  std::vector<uint32_t> place_of(ranks_, kNone);
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ranks;  // that have places
  const auto find_at = [&](uint32_t at) -> const Merge* {
    if (ids[at] == kGone || symbols.next[at] == kNone) return nullptr;
    return find(ids[at], ids[symbols.next[at]]);
  };
  const auto offer = [&](uint32_t at) {
    const Merge* merge = at == kNone ? nullptr : find_at(at);
    if (merge == nullptr) return kNone;
    uint32_t& place = place_of[merge->rank];
    if (place == kNone) {
      place = static_cast<uint32_t>(places.size());
      places.emplace_back();
    }
    if (places[place].empty()) ranks.push(merge->rank);
    places[place].push_back(at);
    return merge->rank;
  };
  for (uint32_t i = 0; i < ids.size(); ++i) offer(i);
  size_t detours = 0;
  std::vector<uint32_t> batch;
  while (!ranks.empty()) {
    const uint32_t rank = ranks.top();
    ranks.pop();
    batch.clear();
    batch.swap(places[place_of[rank]]);
    if (!std::is_sorted(batch.begin(), batch.end())) std::sort(batch.begin(), batch.end());
    for (size_t i = 0; i < batch.size(); ++i) {
      const uint32_t at = batch[i];
      const Merge* merge = find_at(at);
      if (merge == nullptr || merge->rank != rank) continue;
      symbols.join(at, merge->id);
      const uint32_t lowest = std::min(offer(at), offer(symbols.previous[at]));
      if (lowest > rank) continue;
      // What goes first now is not in this batch: the rest of it waits its turn again.
      if (++detours > kMostDetours) {
        ids = before;
        return false;
      }
      auto& rest = places[place_of[rank]];
      if (rest.empty() && i + 1 < batch.size()) ranks.push(rank);
      rest.insert(rest.end(), batch.begin() + static_cast<std::ptrdiff_t>(i) + 1, batch.end());
      break;
    }
  }
  symbols.compact();
  return true;
}

void MergeTable::apply_long(std::vector<int32_t>& ids) const {
  Symbols symbols(ids);
  struct Candidate {
    uint32_t rank, at;
    int32_t left, right;  // as they were found; the candidate is stale when they are other ones by now
    bool operator>(const Candidate& other) const { return std::tie(rank, at) > std::tie(other.rank, other.at); }
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](uint32_t at) {
    if (at == kNone || symbols.next[at] == kNone) return;
    const int32_t left = ids[at], right = ids[symbols.next[at]];
    if (const Merge* merge = find(left, right)) queue.push({merge->rank, at, left, right});
  };
  for (uint32_t i = 0; i < ids.size(); ++i) offer(i);
  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    const uint32_t at = candidate.at;
    if (ids[at] != candidate.left || symbols.next[at] == kNone || ids[symbols.next[at]] != candidate.right) continue;
    symbols.join(at, find(candidate.left, candidate.right)->id);
    offer(at);
    offer(symbols.previous[at]);
  }
  symbols.compact();
}

}  // namespace openinfer
