#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("embedding has the reference's bits for every type and layout") {
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    for (const Layout layout : {Layout::rowmajor, Layout::panel16}) {
      for (const int64_t size : {1, 7, 16, 33, 256}) {
        INFO(name(type) << (layout == Layout::panel16 ? " panel16 " : " rowmajor ") << size);
        const Tensor weight = Tensor(type, {37, size}, layout).random(1);
        CHECK_SAME_BITS("embedding", {Tensor(DType::i32, {2, 5}).random(2, 1, 37), weight},
                        {Tensor(DType::f32, {2, 5, size})});
        CHECK_SAME_BITS("embedding", {Tensor(DType::u8, {}).set(0, 36), weight}, {Tensor(DType::f32, {size})});
      }
    }
  }
  CHECK_SAME_BITS("embedding", {Tensor(DType::i64, {4}).random(3, 1, 9), Tensor(DType::f16, {9, 50}).spiced(4, 5)},
                  {Tensor(DType::f32, {4, 50})});
}

TEST_CASE("embedding refuses ids without a row") {
  const Tensor weight = Tensor(DType::f32, {4, 8}).random(1), y(DType::f32, {2, 8});
  CHECK_SAME_BITS("embedding", {Tensor(DType::i64, {2}).set(1, 4), weight}, {y});
  CHECK_SAME_BITS("embedding", {Tensor(DType::i64, {2}).set(0, -1), weight}, {y});
}
