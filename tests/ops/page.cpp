// docs/ops.md is what ops.json gives now. To renew it: reference_page docs/ops.md
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("docs/ops.md is up to date") {
  const std::string bin = OPENINFER_BIN_DIR, fresh = bin + "/ops.md";
  REQUIRE(std::system((bin + "/reference_page " + fresh).c_str()) == 0);
  const std::string want = read(fresh), have = read(std::string(OPENINFER_SOURCE_DIR) + "/docs/ops.md");
  REQUIRE(want.size() > 10000);
  CHECK(want == have);
}
