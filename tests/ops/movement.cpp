// Ops that move elements: shapes and places, bit by bit.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "run.h"

using namespace openinfer;
using test::Options;
using test::random_tensor;
using test::run;
using test::Tensor;

namespace {
using V = std::vector<double>;
}

TEST_CASE("transpose exchanges axes of every element size") {
  for (const DType t : {DType::u8, DType::f16, DType::f32, DType::i64}) {
    Tensor x(t, {2, 3, 4});
    for (int64_t i = 0; i < 24; ++i) x.set(i, static_cast<double>(i));
    Options o;
    o.lists = {{"perm", {2, 0, 1}}};
    const auto r = run("transpose", {x}, {}, o);
    REQUIRE(r.y().shape == Shape({4, 2, 3}));
    for (int64_t a = 0; a < 4; ++a)
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t c = 0; c < 3; ++c) CHECK(r.y()[(a * 2 + b) * 3 + c] == x[(b * 3 + c) * 4 + a]);
    o.strided = true;
    CHECK(run("transpose", {x}, {}, o).y().bytes == r.y().bytes);
  }
}

TEST_CASE("moved elements keep their bits") {
  Tensor x(DType::f32, {2});
  const uint32_t odd[2] = {0xFFC12345u, 0x80000000u};
  std::memcpy(x.bytes.data(), odd, sizeof odd);
  Options o;
  o.outputs = {{DType::f32, {2, 1}}};
  CHECK(std::memcmp(run("reshape", {x}, {}, o).y().bytes.data(), odd, sizeof odd) == 0);
}

TEST_CASE("reshape reads and writes any strides") {
  const Tensor x = random_tensor(DType::f32, {3, 4, 5}, 1);
  Options o;
  o.outputs = {{DType::f32, {6, 10}}};
  const auto r = run("reshape", {x}, {}, o);
  CHECK(r.y().values() == x.values());
  o.strided = true;
  CHECK(run("reshape", {x}, {}, o).y().values() == x.values());
  Options packed;
  packed.outputs = {{DType::i4, {2, 2}}};
  CHECK(run("reshape", {Tensor(DType::i4, {4}, {1, -2, 3, -8})}, {}, packed).y().values() == V{1, -2, 3, -8});
}

TEST_CASE("concat joins along any axis") {
  const Tensor a(DType::i32, {2, 1}, {1, 2}), b(DType::i32, {2, 2}, {3, 4, 5, 6}), none(DType::i32, {2, 0});
  Options one;
  one.integers = {{"axis", 1}};
  CHECK(run("concat", {a, none, b}, {}, one).y().values() == V{1, 3, 4, 2, 5, 6});
  one.integers = {{"axis", -2}};
  CHECK(run("concat", {b, b}, {}, one).y().values() == V{3, 4, 5, 6, 3, 4, 5, 6});
  CHECK(run("concat", {b}, {}, one).y().values() == V{3, 4, 5, 6});
}

TEST_CASE("pad has four modes") {
  const Tensor x(DType::f32, {3}, {1, 2, 3});
  const auto padded = [&](const std::string& mode, int64_t before, int64_t after) {
    Options o;
    o.lists = {{"before", {before}}, {"after", {after}}};
    return run("pad", {x}, {{"mode", mode}, {"value", 9.0}}, o);
  };
  CHECK(padded("constant", 1, 2).y().values() == V{9, 1, 2, 3, 9, 9});
  CHECK(padded("reflect", 2, 2).y().values() == V{3, 2, 1, 2, 3, 2, 1});
  CHECK(padded("edge", 2, 1).y().values() == V{1, 1, 1, 2, 3, 3});
  CHECK(padded("wrap", 4, 1).y().values() == V{3, 1, 2, 3, 1, 2, 3, 1});
  CHECK(padded("reflect", 3, 0).fault.code == Code::R0003);
  Options two;
  two.lists = {{"before", {1, 0}}, {"after", {0, 1}}};
  CHECK(run("pad", {Tensor(DType::u8, {1, 2}, {7, 8})}, {}, two).y().values() == V{0, 0, 0, 7, 8, 0});
  Options none;
  none.lists = {{"before", {1}}, {"after", {0}}};
  CHECK(run("pad", {Tensor(DType::f32, {0})}, {{"mode", std::string("edge")}}, none).fault.code == Code::R0003);
}

TEST_CASE("unfold gives overlapping windows") {
  Options o;
  o.integers = {{"size", 3}, {"step", 2}};
  const Tensor x(DType::f32, {2, 6}, {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15});
  CHECK(run("unfold", {x}, {}, o).y().values() == V{0, 1, 2, 2, 3, 4, 10, 11, 12, 12, 13, 14});
  o.strided = true;
  CHECK(run("unfold", {x}, {}, o).y().values() == V{0, 1, 2, 2, 3, 4, 10, 11, 12, 12, 13, 14});
  CHECK(run("unfold", {Tensor(DType::f32, {2}, {1, 2})}, {}, o).y().size() == 0);
}

TEST_CASE("index_add joins in rising order") {
  const Tensor x(DType::f32, {3, 2}, {1, 1, 1, 1, 1, 1}), v(DType::f32, {3, 2}, {1, 2, 3, 4, 5, 6}),
      index(DType::i32, {3}, {2, 0, 2});
  CHECK(run("index_add", {x, index, v}).y().values() == V{4, 5, 1, 1, 7, 9});
  CHECK(run("index_add", {x, index, v}, {{"with", std::string("max")}}).y().values() == V{3, 4, 1, 1, 5, 6});
  CHECK(run("index_add", {x, index, v}, {{"with", std::string("mul")}}).y().values() == V{3, 4, 1, 1, 5, 12});
  CHECK(run("index_add", {x, Tensor(DType::i32, {3}, {0, 3, 0}), v}).fault.code == Code::R0001);
  Options in_place;
  in_place.in_place = true;
  CHECK(run("index_add", {x, index, v}, {}, in_place).y().values() == V{4, 5, 1, 1, 7, 9});
}
