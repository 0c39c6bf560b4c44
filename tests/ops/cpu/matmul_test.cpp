#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("matmul has the reference's bits by NumPy's rule") {
  struct Case {
    Shape a, b, y;
  };
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    for (const Case& c :
         {Case{{7, 33}, {33, 20}, {7, 20}}, Case{{1, 600}, {600, 50}, {1, 50}}, Case{{33}, {33, 20}, {20}},
          Case{{7, 33}, {33}, {7}}, Case{{5}, {5}, {}}, Case{{3, 7, 33}, {33, 20}, {3, 7, 20}},
          Case{{3, 7, 33}, {3, 33, 20}, {3, 7, 20}}, Case{{2, 1, 4, 9}, {3, 9, 17}, {2, 3, 4, 17}},
          Case{{4, 9}, {2, 3, 9, 17}, {2, 3, 4, 17}}, Case{{60, 40}, {40, 100}, {60, 100}},
          Case{{4, 0}, {0, 5}, {4, 5}}, Case{{0, 4}, {4, 5}, {0, 5}}}) {
      INFO(name(type) << " " << to_string(c.a) << " by " << to_string(c.b));
      CHECK_SAME_BITS("matmul", {Tensor(DType::f32, c.a).random(1), Tensor(type, c.b).random(2)},
                      {Tensor(DType::f32, c.y)});
    }
  }
  CHECK_SAME_BITS("matmul", {Tensor(DType::f32, {20, 30}).spiced(1, 99), Tensor(DType::f32, {30, 40}).spiced(2, 99)},
                  {Tensor(DType::f32, {20, 40})});
}
