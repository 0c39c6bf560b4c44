// --plan's bytes against what runs really take, and allocations of whole models.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/models/model_session.h"
#include "tests/thread_sanitizer.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Anonymous memory that this process holds, in bytes.
uint64_t anonymous() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("RssAnon:", 0) != 0) continue;
    std::istringstream number(line.substr(8));
    uint64_t kib = 0;
    number >> kib;
    return kib * 1024;
  }
  FAIL("no RssAnon in /proc/self/status");
  return 0;
}

void fill_inputs(Session& session, const std::string& text) {
  if (!session.text_input().empty() && session.model().tokenizer())
    REQUIRE(session.set_text(session.text_input(), {text}).ok());
  for (const std::string& name : session.missing()) {
    const Variable& v = session.program().var(session.program().inputs.at(name));
    Shape shape;
    for (Dim d : v.shape) shape.push_back(session.program().dims->value(d).value_or(4));
    REQUIRE(session.set(name, HostTensor::zeros(*v.dtype, shape).value()).ok());
  }
}

}  // namespace

TEST_CASE("what a plan says is within 1 % of what the run takes, for models of several kinds") {
  struct Case {
    const char *model, *graph;
    std::map<std::string, int64_t> sizes;
  };
  for (const Case& c : {Case{"storyteller", "", {{"ctx", 512}}}, Case{"llama-gqa", "", {}}, Case{"digits-vit", "", {}},
                        Case{"bert-base-like", "examples/bert.graph", {}}, Case{"digits-whisper", "", {}}}) {
    INFO(c.model);
    SessionOptions options;
    options.threads = 1;
    options.sizes = c.sizes;
    const auto session = open_session(c.graph, package_of(c.model), options);
    fill_inputs(*session, "Once upon a time there was a fox");
    const auto need = session->need();
    INFO((need ? std::string() : need.error().message));
    REQUIRE(need.ok());
    int left = 20;
    const Status s = session->step([&](const Emission&) { return --left > 0; });
    INFO((s ? std::string() : s.error().message));
    REQUIRE(s.ok());
    const double planned = static_cast<double>(need->device());
    const auto held = static_cast<double>(session->bytes_in_use());
    CHECK(held <= planned * 1.01);
    CHECK(held >= planned * 0.99);
  }
}

TEST_CASE("a full cache holds what the plan says and no more") {
  if (test::kThreadSanitizer) {
    WARN("skipped: the shadow of ThreadSanitizer counts as memory");
    return;
  }
  SessionOptions options;
  options.threads = 1;
  options.sizes = {{"ctx", 1024}};
  const auto session = open_session("", package_of("storyteller"), options);
  REQUIRE(session->set("tokens", HostTensor::zeros(DType::i32, {1000}).value()).ok());
  REQUIRE(session->set_value("max_new_tokens", "20").ok());
  const uint64_t before = anonymous();
  const auto need = session->need();
  REQUIRE(need.ok());
  REQUIRE(session->step().ok());
  const auto taken = static_cast<double>(anonymous() - before);
  // Pages that nobody touched are missing, the heap of plans and recordings comes on top: a tenth either way.
  const auto planned = static_cast<double>(need->total() - need->weights);
  CHECK(taken <= planned * 1.1 + (1 << 20));
}
