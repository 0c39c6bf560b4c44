// What goes through the ring: a header word (kind, length, pc), then words that depend on the kind. Texts are a length
// in bytes and then their bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace openinfer {

enum class RecordKind : uint8_t {
  plan,        // id, 0: what follows belongs to this plan; id, 1: nothing will any more
  step_begin,  // time, cache bytes
  step_end,    // time, cache bytes, succeeded
  submission,  // pc; cache bytes (0: as before), varying sizes, times: one more than there are commands; 0: not reached
  command,     // pc; command, cache bytes, begin, end, varying sizes of the segment, text of the values
  host,        // pc; begin, end, rank and sizes of slot 0, text of the values
  loop,        // pc; time, whether an iteration begins, its index
  edit,        // time, text
};

[[nodiscard]] constexpr uint64_t record_header(RecordKind kind, size_t words, uint32_t pc) {
  return static_cast<uint64_t>(kind) | static_cast<uint64_t>(words) << 8 | static_cast<uint64_t>(pc) << 40;
}

struct Record {
  RecordKind kind;
  uint32_t pc;                      // below 2^24: a plan has fewer instructions than 250,000 nodes make
  std::span<const uint64_t> words;  // behind the header
};

[[nodiscard]] inline Record record_at(std::span<const uint64_t> words) {
  const uint64_t h = words[0];
  return {static_cast<RecordKind>(h & 255), static_cast<uint32_t>(h >> 40),
          words.subspan(1, (h >> 8 & 0xFFFFFFFF) - 1)};
}

[[nodiscard]] inline size_t text_words(std::string_view text) { return 1 + (text.size() + 7) / 8; }
inline void put_text(std::span<uint64_t> at, std::string_view text) {
  at[0] = text.size();
  if (!text.empty()) std::memcpy(&at[1], text.data(), text.size());
}
[[nodiscard]] inline std::string_view text_of(std::span<const uint64_t> at) {
  return {reinterpret_cast<const char*>(at.data() + 1), at[0]};
}

}  // namespace openinfer
