#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("conv has the reference's bits for axes, strides, padding, dilation and groups") {
  struct Case {
    Shape x, w, y;
    std::vector<Attribute> attributes;
  };
  const Case cases[] = {
      {{2, 3, 9, 40}, {20, 3, 3, 3}, {2, 20, 7, 38}, {}},
      {{1, 3, 32, 32}, {24, 3, 8, 8}, {1, 24, 4, 4}, {{"stride", 8}}},
      {{1, 4, 11, 13}, {6, 4, 3, 3}, {1, 6, 6, 7}, {{"stride", 2}, {"pad", 1}}},
      {{1, 4, 11, 50}, {6, 4, 3, 5}, {1, 6, 11, 50}, {{"pad", 0, {1, 2}}}},
      {{2, 6, 30}, {8, 3, 5}, {2, 8, 22}, {{"dilation", 2}, {"groups", 2}}},
      {{1, 8, 10, 10}, {8, 1, 3, 3}, {1, 8, 10, 10}, {{"pad", 1}, {"groups", 8}}},
      {{1, 2, 4, 5, 20}, {3, 2, 2, 2, 2}, {1, 3, 3, 4, 19}, {}},
      {{1, 80, 60}, {40, 80, 3}, {1, 40, 30}, {{"stride", 2}, {"pad", 1}}},
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
  };
  for (const Case& c : cases) {
    for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
      INFO(name(type) << " " << to_string(c.x) << " by " << to_string(c.w));
      CHECK_SAME_BITS("conv", {Tensor(DType::f32, c.x).random(1), Tensor(type, c.w).random(2), Tensor()},
                      {Tensor(DType::f32, c.y)}, c.attributes);
      CHECK_SAME_BITS(
          "conv", {Tensor(DType::f32, c.x).random(3), Tensor(type, c.w).random(4), Tensor(type, {c.w[0]}).random(5)},
          {Tensor(DType::f32, c.y)}, c.attributes);
    }
  }
}

TEST_CASE("casts between float types") {
  for (const DType from : {DType::f32, DType::f16, DType::bf16})
    for (const DType to : {DType::f32, DType::f16, DType::bf16})
      CHECK_SAME_BITS("cast", {Tensor(from, {3, 111}).spiced(1, 5)}, {Tensor(to, {3, 111})},
                      {{"to", static_cast<double>(to)}});
}
