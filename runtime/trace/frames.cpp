#include "runtime/trace/frames.h"

namespace openinfer {

FrameTree::FrameTree(const Program& program, const SourceMap& sources) : program_(program), sources_(sources) {
  Frame entry;
  entry.name = program.entry;
  frames_.push_back(std::move(entry));
  around_.push_back(0);
  steps(program.steps, 0, 0);
}

uint32_t FrameTree::add(Frame frame) {
  frame.depth = frames_[frame.parent].depth + 1;
  frames_.push_back(std::move(frame));
  return static_cast<uint32_t>(frames_.size() - 1);
}

// The frame of the innermost def; `calls` of the chain are around `frame` already.
uint32_t FrameTree::in_calls(uint32_t frame, size_t calls, const std::vector<Span>& chain) {
  for (size_t i = calls; i < chain.size(); ++i) {
    const Span call = chain[chain.size() - 1 - i];  // the chain begins innermost
    const auto [at, fresh] = defs_.try_emplace({frame, call.file, call.begin}, 0);
    if (fresh) {
      Frame def;
      def.kind = Frame::Kind::def;
      def.name = call.valid() ? std::string(sources_.text(call)) : "def";
      def.parent = frame;
      at->second = add(std::move(def));
    }
    frame = at->second;
  }
  return frame;
}

// Counts as liveness() does: one before a step's bodies, one after.
void FrameTree::steps(const std::vector<Step>& list, uint32_t frame, size_t calls) {
  for (const Step& s : list) {
    const NodeInfo& node = program_.nodes[s.node];
    uint32_t here = in_calls(frame, calls, node.chain);
    // The entry block is a scope of its own.
    const bool entry = s.kind == StepKind::scope && here == 0 && &list == &program_.steps && s.label == program_.entry;
    if (s.kind == StepKind::loop || (s.kind == StepKind::scope && !entry)) {
      Frame inner;
      inner.kind = s.kind == StepKind::loop ? Frame::Kind::loop : Frame::Kind::block;
      inner.name = s.label;
      inner.parent = here;
      inner.node = s.node;
      inner.symbol = s.symbol;
      inner.handed_over = s.kind == StepKind::scope && node.word == "yield";
      here = add(std::move(inner));
    }
    around_.push_back(here);
    steps(s.body, here, node.chain.size());
    steps(s.otherwise, here, node.chain.size());
    around_.push_back(here);
  }
}

}  // namespace openinfer
