// The threads that kernels run on. One pool a process is enough; one dispatch at a time (Parallel is not reentrant).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "ops/parallel.h"

namespace openinfer {

// How many threads are worth starting: the physical cores that this process may use, within its CPU quota. 1 or more.
[[nodiscard]] int default_threads();

// The caller and threads - 1 workers. A worker that has nothing to do spins for about 20 us, since the next kernel
// of a step follows at once, and then sleeps. A dispatch allocates nothing and does not wait for workers that are
// still waking up: what they would have done, the others do.
class ThreadPool final : public Parallel {
 public:
  static constexpr int kMost = 256;
  // Limited to 1 … kMost. Threads that the system refuses are done without.
  explicit ThreadPool(int threads);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const override { return count_; }

 protected:
  void dispatch(int64_t items, int64_t grain, Call call, void* body) override;

 private:
  // What is left of one thread's share; whoever is done with its own takes from the others.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  void work(int worker);
  void take_part(int worker);
  bool enter();

  int count_ = 1;
  std::unique_ptr<Share[]> shares_;
  Call call_ = nullptr;
  void* body_ = nullptr;
  int64_t step_ = 1;
  alignas(64) std::atomic<uint32_t> epoch_{0};  // one more a dispatch; workers wait for it to change
  std::atomic<int32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  // Workers inside the current dispatch, and kOpen while one may enter.
  alignas(64) std::atomic<uint32_t> inside_{0};
  std::vector<std::thread> workers_;
};

}  // namespace openinfer
