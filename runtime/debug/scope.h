// Which variable or size a name means where a run has stopped, and whether it has a value there.
//
// Variables share the arena: outside of the steps between which one is needed, its bytes are another's. A name
// therefore has a value only while the variable is alive and has been written; otherwise the answer is why not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "runtime/liveness.h"
#include "runtime/observer.h"
#include "runtime/trace/frames.h"

namespace openinfer {

class DebugScope {
 public:
  // All outlive it.
  DebugScope(const Program& program, const Graph& graph, const SourceMap& sources, const FrameTree& frames);

  // What a run tells: what has been written, which sizes have a value.
  void step_begins();
  void ran(const RunState& state, const RunPoint& point);

  // The variable with a value that the name means before the step of this point. Errors: I0002 for an unknown name,
  // I0008 where it has no value here, with the reason.
  [[nodiscard]] Result<VarId> variable(const RunPoint& point, std::string_view name) const;
  // A size, or the index of a loop that is open.
  [[nodiscard]] std::optional<int64_t> size(const RunState& state, const RunPoint& point, std::string_view name) const;
  // Variables without memory of their own that show this one, and have a value.
  [[nodiscard]] std::vector<VarId> views_of(const RunPoint& point, VarId var) const;
  // What a view shows.
  [[nodiscard]] std::optional<VarId> shown_by(VarId view) const;

 private:
  [[nodiscard]] bool alive(const RunPoint& point, VarId var) const;
  [[nodiscard]] Result<VarId> find(const RunPoint& point, std::string_view name, size_t calls) const;
  // What a def's parameter or result is called by who calls it, or the text of what is no variable.
  struct Argument {
    std::string text;
    bool variable = false;
  };
  [[nodiscard]] std::optional<Argument> argument(Span call, std::string_view name) const;
  [[nodiscard]] Interval steps_of_call(uint32_t step, size_t calls) const;
  void collect(const File& file, FileId source, const Node& node);

  struct Call {
    const File* file = nullptr;
    const CallNode* node = nullptr;
    Span span;
  };
  const Program& program_;
  const SourceMap& sources_;
  const FrameTree& frames_;
  Liveness live_;
  std::map<std::pair<FileId, uint32_t>, Call> calls_;  // by where the def's name stands
  std::map<std::string, const Def*> defs_;
  std::vector<bool> written_;                  // by variable, in its present life
  std::map<uint32_t, uint32_t> shows_;         // view -> what it shows
  std::map<uint32_t, uint64_t> size_written_;  // symbol -> when
  uint64_t clock_ = 0;
};

}  // namespace openinfer
