#include "runtime/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace openinfer {
namespace {

constexpr uint32_t kOpen = 0x80000000u;
constexpr auto kSpin = std::chrono::microseconds(20);
// A share is cut into this many pieces, so that a thread that was interrupted does not hold up the others.
constexpr int64_t kPieces = 4;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Looks for about 20 us whether `done` has come true.
template <class Done>
bool spin(Done done) {
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (done()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() - start < kSpin);
  return done();
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  const int wanted = std::clamp(threads, 1, kMost);
  shares_ = std::make_unique<Share[]>(static_cast<size_t>(wanted));
  workers_.reserve(static_cast<size_t>(wanted - 1));
  // Workers read count_ only inside a dispatch, which comes after this.
  for (; count_ < wanted; ++count_) {
    try {
      workers_.emplace_back([this, worker = count_] { work(worker); });
    } catch (const std::system_error&) {
      break;
    }
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true, std::memory_order_relaxed);
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& t : workers_) t.join();
}

void ThreadPool::dispatch(int64_t items, int64_t grain, Call call, void* body) {
  const int64_t unit = std::max<int64_t>(grain, 1), units = (items + unit - 1) / unit;
  call_ = call;
  body_ = body;
  step_ = std::max<int64_t>(units / (count_ * kPieces), 1) * unit;
  for (int64_t i = 0; i < count_; ++i) {
    Share& share = shares_[static_cast<size_t>(i)];
    share.next.store(units * i / count_ * unit, std::memory_order_relaxed);
    share.end = std::min(items, units * (i + 1) / count_ * unit);
  }
  inside_.store(kOpen, std::memory_order_release);
  epoch_.fetch_add(1);  // sequentially consistent with the sleepers' count: either side sees the other
  if (sleepers_.load() > 0) epoch_.notify_all();
  take_part(0);
  // All pieces are taken. Close the door and wait for those who are inside.
  uint32_t left = inside_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while (left != 0) {
    if (!spin([&] { return inside_.load(std::memory_order_acquire) == 0; })) std::this_thread::yield();
    left = inside_.load(std::memory_order_acquire);
  }
}

void ThreadPool::take_part(int worker) {
  for (int i = 0; i < count_; ++i) {
    Share& share = shares_[static_cast<size_t>((worker + i) % count_)];
    for (;;) {
      const int64_t begin = share.next.fetch_add(step_, std::memory_order_relaxed);
      if (begin >= share.end) break;
      call_(body_, begin, std::min(begin + step_, share.end), worker);
    }
  }
}

bool ThreadPool::enter() {
  uint32_t now = inside_.load(std::memory_order_relaxed);
  while ((now & kOpen) != 0) {
    if (inside_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}

void ThreadPool::work(int worker) {
  uint32_t seen = 0;
  for (;;) {
    if (!spin([&] { return epoch_.load(std::memory_order_acquire) != seen; })) {
      sleepers_.fetch_add(1);
      epoch_.wait(seen);
      sleepers_.fetch_sub(1);
    }
    const uint32_t now = epoch_.load(std::memory_order_acquire);
    if (now == seen) continue;
    seen = now;
    if (stop_.load(std::memory_order_relaxed)) return;
    if (!enter()) continue;
    take_part(worker);
    inside_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace openinfer
