#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("linear has the reference's bits for every weight, layout and tail") {
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    for (const Layout layout : {Layout::panel16, Layout::rowmajor}) {
      for (const auto& [rows, depth, columns] : {std::tuple{1, 64, 256},
                                                 {1, 513, 40},
                                                 {1, 1, 1},
                                                 {1, 1100, 17},
                                                 {2, 37, 130},
                                                 {3, 512, 33},
                                                 {5, 96, 16},
                                                 {7, 1025, 48},
                                                 {12, 64, 64},
                                                 {13, 33, 20},
                                                 {50, 40, 100},
                                                 {61, 7, 272}}) {
        INFO(name(type) << (layout == Layout::panel16 ? " panel16 " : " rowmajor ") << rows << "x" << depth << "x"
                        << columns);
        const Shape x{rows, depth}, w{columns, depth}, y{rows, columns};
        CHECK_SAME_BITS("linear", {Tensor(DType::f32, x).random(1), Tensor(type, w, layout).random(2, 0.1), Tensor()},
                        {Tensor(DType::f32, y)});
        CHECK_SAME_BITS("linear",
                        {Tensor(DType::f32, x).random(3), Tensor(type, w, layout).random(4, 0.1),
                         Tensor(rows % 2 != 0 ? type : DType::f32, {columns}).random(5)},
                        {Tensor(DType::f32, y)});
      }
    }
  }
}

TEST_CASE("linear widens a bias that is stored as the weights are") {
  for (const DType type : {DType::f16, DType::bf16})
    for (const int64_t columns : {1, 17, 96})
      CHECK_SAME_BITS("linear",
                      {Tensor(DType::f32, {5, 40}).random(1), Tensor(type, {columns, 40}, Layout::panel16).random(2),
                       Tensor(type, {columns}).random(3)},
                      {Tensor(DType::f32, {5, columns})});
}

TEST_CASE("linear with several axes, empty axes and special values") {
  CHECK_SAME_BITS("linear",
                  {Tensor(DType::f32, {2, 3, 24}).random(1), Tensor(DType::f16, {2, 4, 24}, Layout::panel16).random(2)},
                  {Tensor(DType::f32, {2, 3, 2, 4})});
  CHECK_SAME_BITS("linear", {Tensor(DType::f32, {24}).random(1), Tensor(DType::f32, {5, 24}).random(2)},
                  {Tensor(DType::f32, {5})});
  CHECK_SAME_BITS("linear", {Tensor(DType::f32, {0, 24}), Tensor(DType::f32, {5, 24}).random(2)},
                  {Tensor(DType::f32, {0, 5})});
  CHECK_SAME_BITS("linear", {Tensor(DType::f32, {3, 0}), Tensor(DType::f32, {5, 0})}, {Tensor(DType::f32, {3, 5})});
  for (const DType type : {DType::f32, DType::f16, DType::bf16})
    CHECK_SAME_BITS("linear",
                    {Tensor(DType::f32, {9, 70}).spiced(7, 50), Tensor(type, {40, 70}).spiced(8, 300),
                     Tensor(DType::f32, {40}).spiced(9, 9)},
                    {Tensor(DType::f32, {9, 40})});
}
