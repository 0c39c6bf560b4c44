#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("norms have the reference's bits for every length of a row") {
  for (const int64_t size : {1, 3, 15, 16, 17, 63, 64, 65, 100, 256, 300, 2048}) {
    for (const int64_t rows : {1, 5}) {
      INFO(rows << " rows of " << size);
      const Shape shape{rows, size};
      const Tensor y(DType::f32, shape), x = Tensor(DType::f32, shape).random(1, 3);
      const Tensor w = Tensor(DType::f32, {size}).random(2), b = Tensor(DType::f32, {size}).random(3);
      CHECK_SAME_BITS("rms_norm", {x, w}, {y}, {{"eps", 1e-5}});
      CHECK_SAME_BITS("rms_norm", {x, Tensor(DType::f16, {size}).random(4)}, {y}, {{"offset", 1}});
      CHECK_SAME_BITS("rms_norm", {x, w}, {y}, {}, true);
      CHECK_SAME_BITS("layer_norm", {x, w, b}, {y});
      CHECK_SAME_BITS("layer_norm", {x, w}, {y}, {{"eps", 0.1}});
      CHECK_SAME_BITS("layer_norm", {x}, {y}, {}, true);
      CHECK_SAME_BITS("softmax", {x}, {y});
      CHECK_SAME_BITS("softmax", {x}, {y}, {}, true);
    }
  }
}

TEST_CASE("norms of special values") {
  const Shape shape{40, 70};
  const Tensor y(DType::f32, shape);
  for (const uint64_t seed : {5, 6}) {
    const Tensor x = Tensor(DType::f32, shape).spiced(seed, 200);
    CHECK_SAME_BITS("rms_norm", {x, Tensor(DType::bf16, {70}).random(2)}, {y});
    CHECK_SAME_BITS("layer_norm", {x}, {y});
    CHECK_SAME_BITS("softmax", {x}, {y});
  }
  Tensor hidden(DType::f32, {2, 5});
  for (int64_t i = 0; i < 8; ++i) hidden.set(i, -INFINITY);
  CHECK_SAME_BITS("softmax", {hidden}, {Tensor(DType::f32, {2, 5})});
  CHECK_SAME_BITS("softmax", {Tensor(DType::f32, {2, 0})}, {Tensor(DType::f32, {2, 0})});  // the same refusal
}
