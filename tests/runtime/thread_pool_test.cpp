#include "runtime/thread_pool.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

using namespace openinfer;

TEST_CASE("a dispatch covers every item once, in multiples of the grain") {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    REQUIRE(pool.threads() == threads);
    for (const int64_t items : {0, 1, 2, 7, 64, 1000}) {
      for (const int64_t grain : {1, 3, 64, 2000}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(items));
        std::atomic<int> wrong{0};
        pool.run(items, grain, [&](int64_t begin, int64_t end, int worker) {
          if (begin >= end || begin % grain != 0 || (end % grain != 0 && end != items) || worker < 0 ||
              worker >= threads)
            ++wrong;
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
        });
        INFO(threads << " threads, " << items << " items, grain " << grain);
        CHECK(wrong == 0);
        bool once = true;
        for (const auto& n : seen) once = once && n == 1;
        CHECK(once);
      }
    }
  }
}

TEST_CASE("no two threads have one worker's number at a time") {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<int> wrong{0};
  for (int round = 0; round < 200; ++round) {
    pool.run(64, 1, [&](int64_t, int64_t, int worker) {
      if (++inside[static_cast<size_t>(worker)] != 1) ++wrong;
      --inside[static_cast<size_t>(worker)];
    });
  }
  CHECK(wrong == 0);
}

TEST_CASE("dispatches follow each other closely, and after a rest") {
  ThreadPool pool(3);
  int64_t sum = 0;
  for (int round = 0; round < 2000; ++round) {
    // Every hundredth after the workers went to sleep.
    if (round % 100 == 99) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::atomic<int64_t> part{0};
    pool.run(10, 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) part += i;
    });
    sum += part;
  }
  CHECK(sum == 2000 * 45);
}

TEST_CASE("many threads take part when there is time for it") {
  ThreadPool pool(2);
  std::atomic<int> workers{0};
  // Each waits for the other: only two threads at once can finish this. The limit is for a machine that starves us.
  const auto start = std::chrono::steady_clock::now();
  pool.run(2, 1, [&](int64_t, int64_t, int) {
    ++workers;
    while (workers < 2 && std::chrono::steady_clock::now() - start < std::chrono::seconds(30))
      std::this_thread::yield();
  });
  CHECK(workers == 2);
}

TEST_CASE("the default number of threads is one that can run") {
  CHECK(default_threads() >= 1);
  CHECK(default_threads() <= 256);
}
