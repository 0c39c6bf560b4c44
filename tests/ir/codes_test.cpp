#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "ir/diagnostic.h"

using namespace openinfer;

TEST_CASE("docs/errors.md has every code with its title, in this order") {
  std::ifstream in(OPENINFER_SOURCE_DIR "/docs/errors.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  size_t at = 0;
  for (Code code : all_codes()) {
    const std::string row = "\n| " + std::string(code_name(code)) + " | " + std::string(code_title(code)) + " | ";
    INFO(row);
    const size_t found = page.find(row, at);
    REQUIRE(found != std::string::npos);
    CHECK(page[found + row.size()] != '|');  // something is said about it
    at = found;
  }
  size_t rows = 0;
  for (size_t i = page.find("\n| "); i != std::string::npos; i = page.find("\n| ", i + 1))
    rows += page[i + 3] >= 'A' && page[i + 3] <= 'Z';
  CHECK(rows == all_codes().size());
}

TEST_CASE("a code's letter gives the exit status") {
  CHECK(exit_status(Code::E0001) == 3);
  CHECK(exit_status(Code::P0001) == 4);
  CHECK(exit_status(Code::I0001) == 5);
  CHECK(exit_status(Code::U0001) == 2);
  CHECK(exit_status(Code::R0001) == 1);
  CHECK(exit_status(Code::C0001) == 130);
  CHECK(exit_status(Code::X0001) == 1);
  std::set<std::string_view> names;
  for (Code code : all_codes()) names.insert(code_name(code));
  CHECK(names.size() == all_codes().size());
}
