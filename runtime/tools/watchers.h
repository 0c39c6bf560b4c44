// What watches a run of oinf-run: --debug, --trace, --dump, --logprobs.
#pragma once

#include <memory>
#include <vector>

#include "runtime/debug/debugger.h"
#include "runtime/openinfer.h"
#include "runtime/tools/logprobs.h"
#include "runtime/tools/run_options.h"
#include "runtime/trace/dump.h"
#include "runtime/trace/tracer.h"

namespace openinfer {

class Watchers {
 public:
  // Before the session's first step. Errors: U0001, R0007.
  static Result<Watchers> watch(Session& session, const RunOptions& options);
  // Writes what is left. succeeded: whether the run has; what it should have written is an error then only.
  Status finish(bool succeeded);
  [[nodiscard]] const Logprobs* logprobs() const { return logprobs_.get(); }  // nullptr without --logprobs

 private:
  std::unique_ptr<Debugger> debugger_;
  std::unique_ptr<Tracer> tracer_;
  std::unique_ptr<Logprobs> logprobs_;
  std::vector<std::unique_ptr<Dump>> dumps_;
};

}  // namespace openinfer
