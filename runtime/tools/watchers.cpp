#include "runtime/tools/watchers.h"

#include <unistd.h>

#include <iostream>

namespace openinfer {

Result<Watchers> Watchers::watch(Session& session, const RunOptions& o) {
  Watchers w;
  if (o.debug) {
    // First, so that no time is counted that somebody takes to type.
    w.debugger_ = std::make_unique<Debugger>(session, std::cin, std::cout, isatty(STDIN_FILENO) == 0);
    session.observe(*w.debugger_);
  }
  for (const auto& [node, file] : o.dumps) {
    OINF_ASSIGN(auto dump, Dump::create(session.program(), node, file));
    session.observe(*dump);
    w.dumps_.push_back(std::move(dump));
  }
  if (o.logprobs != 0) {
    OINF_ASSIGN(w.logprobs_, Logprobs::create(session.program(), static_cast<size_t>(o.logprobs)));
    session.observe(*w.logprobs_);
  }
  if (!o.trace.empty()) {
    const TraceOptions options{o.trace, trace_level(o.trace_level).value_or(TraceLevel::time), o.threads, o.seed,
                               OPENINFER_VERSION};
    OINF_ASSIGN(w.tracer_, Tracer::create(session, options));
    session.observe(*w.tracer_);
  }
  return w;
}

Status Watchers::finish(bool succeeded) {
  Status status;
  if (tracer_) status = tracer_->finish();
  for (auto& dump : dumps_) {
    if (!succeeded || !status) break;
    status = dump->finish();
  }
  return status;
}

}  // namespace openinfer
