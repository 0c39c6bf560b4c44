// Reductions and running sums.
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

const double kNaN = std::numeric_limits<double>::quiet_NaN();

Options axes(std::vector<int64_t> list) {
  Options o;
  o.lists = {{"axes", std::move(list)}};
  return o;
}
Options axis(int64_t a) {
  Options o;
  o.integers = {{"axis", a}};
  return o;
}
using V = std::vector<double>;

}  // namespace

TEST_CASE("sums over any axes") {
  const Tensor x(DType::f32, {2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(run("sum_axis", {x}).y().values() == V{78});
  CHECK(run("sum_axis", {x}, {}, axes({0})).y().values() == V{8, 10, 12, 14, 16, 18});
  CHECK(run("sum_axis", {x}, {}, axes({-1})).y().values() == V{6, 15, 24, 33});
  CHECK(run("sum_axis", {x}, {}, axes({0, 2})).y().values() == V{30, 48});
  CHECK(run("sum_axis", {x}, {{"keepdims", true}}, axes({0, 2})).y().shape == Shape({1, 2, 1}));
  CHECK(run("mean_axis", {x}, {}, axes({2, 2})).y().values() == V{2, 5, 8, 11});
  CHECK(run("prod_axis", {x}, {}, axes({0})).y().values() == V{7, 16, 27, 40, 55, 72});
  CHECK(run("max_axis", {x}, {}, axes({1})).y().values() == V{4, 5, 6, 10, 11, 12});
  CHECK(run("min_axis", {x}).y().values() == V{1});
  Options strided = axes({1});
  strided.strided = true;
  CHECK(run("sum_axis", {x}, {}, strided).y().values() == V{5, 7, 9, 17, 19, 21});
}

TEST_CASE("float sums are taken in 64 lanes of the elements in memory order") {
  const Tensor x = random_tensor(DType::f32, {10, 50}, 1);
  float lane[64] = {};
  for (int64_t i = 0; i < 500; ++i) lane[i % 64] += static_cast<float>(x[i]);
  for (int half = 32; half; half /= 2)
    for (int j = 0; j < half; ++j) lane[j] += lane[j + half];
  CHECK(run("sum_axis", {x}).y()[0] == static_cast<double>(lane[0]));
  CHECK(run("mean_axis", {x}).y()[0] == static_cast<double>(lane[0] / 500.0f));
}

TEST_CASE("integers of reductions wrap or are widened") {
  CHECK(run("sum_axis", {Tensor(DType::u8, {2}, {200, 100})}).y()[0] == 44);
  Options wide;
  wide.outputs = {{DType::u32, {}}};
  CHECK(run("sum_axis", {Tensor(DType::u8, {2}, {200, 100})}, {{"acc", DType::u32}}, wide).y()[0] == 300);
  CHECK(run("mean_axis", {Tensor(DType::i32, {2}, {-3, 0})}).y()[0] == -1);
  CHECK(run("sum_axis", {Tensor(DType::i4, {3}, {7, 1, 1})}).y()[0] == -7);
}

TEST_CASE("reductions of nothing") {
  const Tensor none(DType::f32, {0});
  CHECK(run("sum_axis", {none}).y()[0] == 0);
  CHECK(run("prod_axis", {none}).y()[0] == 1);
  CHECK(std::isnan(run("mean_axis", {none}).y()[0]));
  CHECK(run("max_axis", {none}).fault.code == Code::R0005);
  CHECK(run("mean_axis", {Tensor(DType::i32, {0})}).fault.code == Code::R0005);
  CHECK(run("argmax_axis", {none}, {}, axis(0)).fault.code == Code::R0005);
  CHECK(run("max_axis", {Tensor(DType::f32, {0, 2})}, {}, axes({1})).ok);
  CHECK(run("all_axis", {Tensor(DType::boolean, {0})}).y()[0] == 1);
  CHECK(run("any_axis", {Tensor(DType::boolean, {0})}).y()[0] == 0);
}

TEST_CASE("NaN wins in max and min, and never in argmax") {
  const Tensor x(DType::f32, {3}, {1, kNaN, 3});
  CHECK(std::isnan(run("max_axis", {x}).y()[0]));
  CHECK(std::isnan(run("min_axis", {x}).y()[0]));
  CHECK(run("argmax_axis", {x}, {}, axis(0)).y()[0] == 2);
  CHECK(run("argmin_axis", {x}, {}, axis(0)).y()[0] == 0);
  CHECK(run("argmax_axis", {Tensor(DType::f32, {3}, {kNaN, 1, 1})}, {}, axis(0)).y()[0] == 1);
  CHECK(run("argmax_axis", {Tensor(DType::f32, {2}, {kNaN, kNaN})}, {}, axis(0)).y()[0] == 0);
}

TEST_CASE("of equal elements argmax takes the first or the last") {
  const Tensor x(DType::i32, {2, 3}, {5, 5, 1, 0, 7, 7});
  CHECK(run("argmax_axis", {x}, {}, axis(1)).y().values() == V{0, 1});
  CHECK(run("argmax_axis", {x}, {{"select_first", false}}, axis(1)).y().values() == V{1, 2});
  CHECK(run("argmin_axis", {x}, {}, axis(0)).y().values() == V{1, 0, 0});
  Options i32 = axis(1);
  i32.outputs = {{DType::i32, {2}}};
  CHECK(run("argmax_axis", {x}, {}, i32).y().dtype == DType::i32);
}

TEST_CASE("bool reductions") {
  const Tensor x(DType::boolean, {2, 2}, {1, 0, 1, 1});
  CHECK(run("all_axis", {x}, {}, axes({1})).y().values() == V{0, 1});
  CHECK(run("any_axis", {x}, {}, axes({1})).y().values() == V{1, 1});
}

TEST_CASE("running sums and products") {
  const Tensor x(DType::i32, {2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(run("cumsum", {x}, {}, axis(1)).y().values() == V{1, 3, 6, 4, 9, 15});
  CHECK(run("cumsum", {x}).y().values() == V{1, 2, 3, 5, 7, 9});
  CHECK(run("cumsum", {x}, {{"exclusive", true}}, axis(-1)).y().values() == V{0, 1, 3, 0, 4, 9});
  CHECK(run("cumprod", {Tensor(DType::f32, {3}, {2, 3, 4})}).y().values() == V{2, 6, 24});
  CHECK(run("cumsum", {Tensor(DType::i8, {2}, {100, 100})}).y().values() == V{100, -56});
  Options in_place;
  in_place.in_place = true;
  CHECK(run("cumsum", {x}, {}, in_place).y().values() == V{1, 2, 3, 5, 7, 9});
}
