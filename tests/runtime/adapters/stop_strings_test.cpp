#include "runtime/adapters/stop_strings.h"

#include <catch2/catch.hpp>

using namespace openinfer;

TEST_CASE("a stop string ends a text wherever the pieces part") {
  const std::string text = "one two\n\nthree", stop = "\n\n";
  for (size_t a = 0; a <= text.size(); ++a)
    for (size_t b = a; b <= text.size(); ++b) {
      StopStrings stops({stop});
      std::string shown;
      for (const auto& piece : {text.substr(0, a), text.substr(a, b - a), text.substr(b)}) shown += stops.push(piece);
      CHECK(shown == "one two");
      CHECK(stops.stopped());
      CHECK(stops.push("more").empty());
      CHECK(stops.finish().empty());
    }
}

TEST_CASE("what only begins as a stop string is shown when it is clear, and nothing is lost") {
  StopStrings stops({"###", "END"});
  CHECK(stops.push("a#") == "a");
  CHECK(stops.push("#b") == "##b");
  CHECK(stops.push("ENE") == "EN");
  CHECK(stops.push("N") == "");
  CHECK_FALSE(stops.stopped());
  CHECK(stops.finish() == "EN");
  CHECK(stops.push("again") == "again");
}

TEST_CASE("the earliest of several stop strings counts") {
  StopStrings stops({"cd", "abcde"});
  CHECK(stops.push("xab") == "x");
  CHECK(stops.push("c") == "");
  CHECK(stops.push("d") == "ab");
  CHECK(stops.stopped());
}
