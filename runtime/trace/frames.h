// What is open around a node when it runs: blocks, defs and loops, as slices of a trace nest. Found once from the
// program's tree, by the numbers that its steps have (runtime/liveness.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/program.h"
#include "ir/source.h"

namespace openinfer {

struct Frame {
  enum class Kind : uint8_t { block, def, loop } kind = Kind::block;
  std::string name;            // of the block or def; a loop's label
  uint32_t parent = 0;         // frame 0 is the entry block, its own parent
  uint32_t node = UINT32_MAX;  // the loop, branch or yield; none for the entry block and defs
  SymbolId symbol{};           // loop
  bool handed_over = false;    // a block that a yield runs
  uint32_t depth = 0;          // of the entry block: 0
};

class FrameTree {
 public:
  FrameTree(const Program& program, const SourceMap& sources);

  // Around the step with this number; for a loop's own number the loop itself.
  [[nodiscard]] uint32_t around(uint32_t step) const { return step < around_.size() ? around_[step] : 0; }
  [[nodiscard]] const Frame& frame(uint32_t id) const { return frames_[id]; }
  [[nodiscard]] size_t size() const { return frames_.size(); }

 private:
  void steps(const std::vector<Step>& list, uint32_t frame, size_t calls);
  uint32_t in_calls(uint32_t frame, size_t calls, const std::vector<Span>& chain);
  uint32_t add(Frame frame);

  const Program& program_;
  const SourceMap& sources_;
  std::vector<Frame> frames_;
  std::vector<uint32_t> around_;                                     // by step
  std::map<std::tuple<uint32_t, FileId, uint32_t>, uint32_t> defs_;  // parent, call -> frame
};

}  // namespace openinfer
