#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("rope has the reference's bits for halves, neighbours, tails and far positions") {
  for (const auto& [rows, heads, size, pairs] :
       {std::tuple{1, 1, 2, 1}, {1, 8, 64, 32}, {3, 4, 40, 20}, {5, 2, 35, 12}, {2, 3, 128, 64}}) {
    const Shape shape{2, rows, heads, size};
    Tensor freq(DType::f32, {pairs});
    for (int64_t i = 0; i < pairs; ++i)
      freq.set(i, std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(pairs)));
    for (const double interleaved : {0, 1}) {
      INFO(rows << "x" << heads << "x" << size << ", " << pairs << " pairs, interleaved " << interleaved);
      const Tensor x = Tensor(DType::f32, shape).random(1), y(DType::f32, shape);
      CHECK_SAME_BITS("rope", {x, Tensor(DType::i64, {}).set(0, 7), freq}, {y}, {{"interleaved", interleaved}});
      CHECK_SAME_BITS("rope", {x, Tensor(DType::i32, {2, rows}).random(2, 1, 2000000000), freq}, {y},
                      {{"interleaved", interleaved}});
      CHECK_SAME_BITS("rope", {x, Tensor(DType::u16, {2, rows}).random(3, 1, 60000), freq}, {y},
                      {{"interleaved", interleaved}}, true);
      CHECK_SAME_BITS("rope", {Tensor(DType::f32, shape).spiced(4, 9), Tensor(DType::i64, {}), freq}, {y},
                      {{"interleaved", interleaved}});
    }
  }
  // More pairs than features: refused by both.
  CHECK_SAME_BITS("rope", {Tensor(DType::f32, {1, 1, 4}), Tensor(DType::i64, {}), Tensor(DType::f32, {3})},
                  {Tensor(DType::f32, {1, 1, 4})});
}
