// oinf-run --debug: stops a run before its nodes and takes commands, from a person or a script. docs/traces.md, "Step
// and look".
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/debug/debug_value.h"
#include "runtime/debug/scope.h"
#include "runtime/session.h"
#include "runtime/trace/node_identity.h"

namespace openinfer {

class Debugger final : public RunObserver {
 public:
  // All outlive it. echo: commands are repeated behind the prompt, since nobody has typed them there.
  Debugger(const Session& session, std::istream& in, std::ostream& out, bool echo);

  [[nodiscard]] bool stepwise() const override { return true; }
  Status step_begin(RunState& state, const Plan& plan) override;
  Status before(RunState& state, const RunPoint& point) override;
  Status after(RunState& state, const RunPoint& point) override;

 private:
  // Where to stop: before a node, or before the first one of what the node opens (a call, a loop, a branch); or where a
  // block or def begins.
  struct Breakpoint {
    std::string text;             // as it was given
    std::vector<uint32_t> nodes;  // of the program
    std::string block;
  };
  enum class Until : uint8_t { next_node, same_depth, breakpoint };

  [[nodiscard]] bool stops(const RunPoint& point);
  [[nodiscard]] bool hits(const Breakpoint& b, const RunPoint& point, std::span<const uint32_t> entered) const;
  Status prompt(RunState& state, const RunPoint& point);
  // False: the run goes on.
  Result<bool> command(RunState& state, const RunPoint& point, std::string_view line);
  Result<std::string> break_at(const RunPoint& point, std::string_view where);
  Result<std::string> show(RunState& state, const RunPoint& point, std::string_view what, bool statistics);
  Result<std::string> assign(RunState& state, const RunPoint& point, std::string_view what);
  [[nodiscard]] std::string stop_text(RunState& state, const RunPoint& point) const;
  [[nodiscard]] std::string where(RunState& state, const RunPoint& point) const;
  [[nodiscard]] std::string list(const RunPoint& point) const;
  [[nodiscard]] std::string source_line(FileId file, uint32_t line, uint32_t now) const;
  [[nodiscard]] uint32_t depth(const RunPoint& point) const;
  Result<size_t> forget(std::string_view which);

  const Program& program_;
  const SourceMap& sources_;
  NodeIdentities identities_;
  FrameTree frames_;
  DebugScope scope_;
  DebugValues values_;
  std::istream& in_;
  std::ostream& out_;
  bool echo_ = false, ended_ = false;
  std::vector<Breakpoint> breakpoints_;
  std::string last_command_;
  Until until_ = Until::next_node;
  uint32_t until_depth_ = 0;
  uint32_t node_ = UINT32_MAX, step_ = 0;  // that runs
  std::vector<uint32_t> way_;              // frames around it, the entry block first
};

}  // namespace openinfer
