// Caches of narrower types, as the comment of examples/llama.graph proposes them.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "ran.h"

using namespace openinfer::testing;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

// examples/llama.graph with caches of this type.
std::string with_caches(const std::string& type) {
  std::ifstream in(OPENINFER_SOURCE_DIR "/examples/llama.graph");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text = replaced(text, "keys(l, t):   f32[G, Dh]", "keys(l, t):   " + type + "[G, Dh]");
  text = replaced(text, "values(l, t): f32[G, Dh]", "values(l, t): " + type + "[G, Dh]");
  for (const char* file : {"rope", "sample"})
    text = replaced(text, "\"lib/" + std::string(file), "\"" OPENINFER_SOURCE_DIR "/examples/lib/" + std::string(file));
  return file_of("caches.graph", text);
}

long caches_of(const std::string& graph) {
  const Ran r = ran("oinf-run " + graph + " " + packed("storyteller") + " --plan");
  REQUIRE(r.status == 0);
  return std::stol(r.out.substr(r.out.find("\ncaches") + 7));
}

}  // namespace

TEST_CASE("f16, bf16 and q8_0 caches tell a tale, the same one on any machine") {
  for (const std::string type : {"f16", "bf16", "q8_0"}) {
    const std::string graph = with_caches(type);
    const std::string run = "oinf-run " + graph + " " + packed("storyteller") +
                            " --prompt 'The Fox and the Crow' --set temperature=0 --set max_new_tokens=20";
    const Ran one = ran(run + " --threads 1");
    INFO(type << "\n" << one.error);
    CHECK(one.status == 0);
    CHECK(one.out.size() > 20);
    CHECK(ran(run + " --threads 3").out == one.out);
    CHECK(ran("OINF_ISA=portable " + run).out == one.out);
  }
  // Besides the caches there are a position and the ids that the caches hold.
  const long wide = caches_of(with_caches("f32")), half = caches_of(with_caches("f16")),
             quarter = caches_of(with_caches("q8_0"));
  CHECK(half < wide * 51 / 100);
  CHECK(quarter < wide * 28 / 100);
}
