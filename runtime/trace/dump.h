// --dump BLOCK:NODE=FILE: the value that a node writes, each time it runs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/adapters/output_file.h"
#include "runtime/observer.h"

namespace openinfer {

class Dump final : public RunObserver {
 public:
  // what: BLOCK:NODE, as traces number nodes, or BLOCK:NODE:NAME for one of several values. The file is of the form
  // that its suffix says (output_file.h); values of several executions append along a new first axis. program outlives
  // it. Errors: U0001 when the program has no such node or that node leaves no value, OutputFile's.
  static Result<std::unique_ptr<Dump>> create(const Program& program, std::string_view what, const std::string& path);

  [[nodiscard]] bool stepwise() const override { return true; }
  Status after(RunState& state, const RunPoint& point) override;
  // Gives the file its name. I0008 when the node has not run or writes no value.
  Status finish();

 private:
  Dump() = default;
  std::string what_, value_;  // value_: empty: the only one
  std::vector<bool> wanted_;  // by node
  std::unique_ptr<OutputFile> file_;
  bool ran_ = false, any_ = false;
};

}  // namespace openinfer
