#include "tests/models/llama_logits.h"

#include "tests/models/reference.h"

namespace openinfer::testing {

std::unique_ptr<Session> open_llama(const std::string& model, int threads) {
  SessionOptions options;
  options.entry = "answer";
  options.threads = threads;
  return open_session("tests/models/graphs/llama_logits.graph", package_of(model), options);
}

std::vector<Emitted> answer(Session& session, std::vector<int32_t> ids, int piece, int max_new_tokens) {
  set(session, "ids", view_of(ids));
  set(session, "piece", std::to_string(piece));
  set(session, "max_new_tokens", std::to_string(max_new_tokens));
  return step(session);
}

}  // namespace openinfer::testing
