// A session of a graph that stands in the test itself.
#pragma once

#include <string>

#include "runtime/openinfer.h"

namespace openinfer::test {

// A file of this text, in a folder that goes away with the process. Returns its path.
std::string graph_file(const std::string& text);

// Fails the test with the whole report when the graph is refused.
std::unique_ptr<Session> session_of(const std::string& text, const SessionOptions& options = {});

// All that a step emits, as NAME = JSON, joined by "; ". Fails the test when the step fails.
std::string emitted(Session& session);

}  // namespace openinfer::test
