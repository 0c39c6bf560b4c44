#include <catch2/catch.hpp>

#include "ir/diagnostic.h"

using namespace openinfer;

namespace {
const std::vector<std::string_view> kOps{"add", "sub", "layer_norm", "rms_norm", "relu", "matmul"};
}

TEST_CASE("the nearest name is found by edits") {
  CHECK(nearest_name("layer_nrom", kOps) == "layer_norm");  // a transposition counts one
  CHECK(nearest_name("rmsnorm", kOps) == "rms_norm");
  CHECK(nearest_name("ad", kOps) == "add");
  CHECK(nearest_name("ReLU", kOps) == "relu");  // case does not count
  CHECK(nearest_name("add", kOps) == "add");
}

TEST_CASE("nothing is suggested when too much differs") {
  CHECK(nearest_name("x", {"y", "z"}).empty());
  CHECK(nearest_name("conv", kOps).empty());
  CHECK(nearest_name("", kOps).empty());
  CHECK(nearest_name("anything", {}).empty());
}

TEST_CASE("of several the nearest is taken, of equals the first") {
  CHECK(nearest_name("weight_x", {"weight_ab", "weight_y", "weight_z"}) == "weight_y");
}

TEST_CASE("very long names cost little") {
  const std::string a(200000, 'a'), b = a + "bc";
  CHECK(nearest_name(a, {b}) == b);
}
