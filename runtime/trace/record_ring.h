// From the thread that runs a model to the one that writes its trace: records of 64-bit words, in order, in bounded
// memory. Writing a record is some stores and no lock; when the reader lags by all chunks, the writer waits.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace openinfer {

class RecordRing {
 public:
  static constexpr size_t kChunkWords = 1 << 15;  // 256 KiB
  static constexpr size_t kChunks = 16;

  RecordRing();

  // Writer. Room for one record of `words`; larger ones than a chunk get a chunk of their own size. The record counts
  // from commit() on; one reserve, one commit.
  std::span<uint64_t> reserve(size_t words);
  void commit(size_t words);
  void close();  // nothing comes after this

  // Reader. What is committed and not read yet, of one chunk; waits for it at most `milliseconds`. Empty: nothing came,
  // or with `ended` nothing will. The words stay until the next call.
  std::span<const uint64_t> read(int milliseconds, bool& ended);

 private:
  struct Chunk {
    std::vector<uint64_t> words;
    std::atomic<size_t> committed{0};
    std::atomic<bool> full{false};
  };
  void next_chunk(size_t words);

  std::array<Chunk, kChunks> chunks_;
  uint64_t writing_ = 0;  // chunks begun; chunk i lies in chunks_[i % kChunks]
  std::atomic<uint64_t> reading_{0};
  size_t at_ = 0;  // of the writer, in its chunk
  size_t read_ = 0;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::condition_variable moved_;
};

}  // namespace openinfer
