// The graph that the README shows, on the package that examples/quickstart.sh makes.
#include <catch2/catch.hpp>

#include "tests/models/model_session.h"

using namespace openinfer;
using namespace openinfer::testing;

TEST_CASE("neighbours: words of one kind stand together") {
  const auto session = open_session("examples/neighbours.graph", package_of("storyteller"));
  const std::vector<std::pair<std::string, std::string>> kinds{
      {" king", " king King princess miller Queen"},
      {" forest", " forest woods field garden wood"},
      {" mother", " mother father grandmother sister parents"}};
  for (const auto& [word, expected] : kinds) {
    REQUIRE(session->set_text("word", {word}).ok());
    const auto text = session->model().tokenizer()->decode(tokens(step(*session), "like"));
    REQUIRE(text.ok());
    CHECK(*text == expected);
  }
}
