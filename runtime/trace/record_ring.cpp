#include "runtime/trace/record_ring.h"

#include <algorithm>
#include <chrono>

namespace openinfer {
namespace {

constexpr size_t kLine = 8, kAhead = 128;  // words: of a cache line; of some submissions

}  // namespace

RecordRing::RecordRing() { chunks_[0].words.resize(kChunkWords); }

void RecordRing::next_chunk(size_t words) {
  std::unique_lock lock(mutex_);
  chunks_[writing_ % kChunks].full.store(true, std::memory_order_release);
  moved_.notify_all();
  moved_.wait(lock, [&] { return writing_ + 1 - reading_.load(std::memory_order_acquire) < kChunks; });
  ++writing_;
  at_ = 0;
  Chunk& c = chunks_[writing_ % kChunks];
  if (const size_t size = std::max(kChunkWords, words); c.words.size() != size) {
    c.words.resize(size);
    c.words.shrink_to_fit();
  }
}

std::span<uint64_t> RecordRing::reserve(size_t words) {
  if (at_ + words > chunks_[writing_ % kChunks].words.size()) next_chunk(words);
  return std::span(chunks_[writing_ % kChunks].words).subspan(at_, words);
}

void RecordRing::commit(size_t words) {
  // What is written next was last used a ring ago, so it lies in no cache; a store that misses holds up those behind
  // it.
  for (size_t i = at_ + kAhead, end = std::min(i + words, chunks_[writing_ % kChunks].words.size()); i < end;
       i += kLine)
    __builtin_prefetch(&chunks_[writing_ % kChunks].words[i], 1);
  at_ += words;
  chunks_[writing_ % kChunks].committed.store(at_, std::memory_order_release);
}

void RecordRing::close() {
  const std::lock_guard lock(mutex_);
  closed_.store(true, std::memory_order_release);
  moved_.notify_all();
}

std::span<const uint64_t> RecordRing::read(int milliseconds, bool& ended) {
  bool waited = false;
  while (true) {
    const uint64_t number = reading_.load(std::memory_order_relaxed);
    Chunk& c = chunks_[number % kChunks];
    // In this order: what is committed after a chunk was seen full, or the ring closed, is nothing.
    const bool full = c.full.load(std::memory_order_acquire);
    const bool closed = closed_.load(std::memory_order_acquire);
    const size_t committed = c.committed.load(std::memory_order_acquire);
    ended = false;
    if (committed > read_) {
      const auto words = std::span<const uint64_t>(c.words).subspan(read_, committed - read_);
      read_ = committed;
      return words;
    }
    std::unique_lock lock(mutex_);
    if (full) {
      c.full.store(false, std::memory_order_relaxed);
      c.committed.store(0, std::memory_order_relaxed);
      read_ = 0;
      reading_.store(number + 1, std::memory_order_release);
      moved_.notify_all();
      continue;
    }
    ended = closed;
    if (closed || waited) return {};
    waited = true;
    // A full chunk or the end wakes it; what comes in between is picked up when the time is over.
    moved_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                    [&] { return c.full.load(std::memory_order_acquire) || closed_.load(std::memory_order_acquire); });
  }
}

}  // namespace openinfer
