// graphs/llama_logits.graph: llama.graph, asked for its logits.
#pragma once

#include <string>
#include <vector>

#include "tests/models/model_session.h"

namespace openinfer::testing {

[[nodiscard]] std::unique_ptr<Session> open_llama(const std::string& model, int threads = 0);

// Reads `ids` a piece at a time with empty caches, then answers with the likeliest tokens. Emitted: `logits` [1, V]
// behind each piece; then for each token of the answer `next` [1] and the `logits` behind it.
[[nodiscard]] std::vector<Emitted> answer(Session& session, std::vector<int32_t> ids, int piece, int max_new_tokens);

}  // namespace openinfer::testing
