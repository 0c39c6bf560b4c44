#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("sample chooses what the reference chooses") {
  for (const int64_t size : {1, 2, 17, 300, 2048}) {
    for (const uint64_t seed : {1, 2, 3}) {
      const Shape shape{9, size};
      const Tensor logits = Tensor(DType::f32, shape).random(seed, 4), y(DType::i32, {9});
      const Tensor seeds = Tensor(DType::u64, {9}).random(seed + 10, 1, 1000000),
                   places = Tensor(DType::i32, {9}).random(seed + 20, 1, 500);
      INFO(size << " tokens, seed " << seed);
      CHECK_SAME_BITS("sample", {logits, seeds, places}, {y});
      CHECK_SAME_BITS("sample", {logits, seeds, places}, {y}, {{"temperature", 0}});
      CHECK_SAME_BITS("sample", {logits, seeds, places}, {y}, {{"temperature", 0.7}, {"top_k", 5}});
      CHECK_SAME_BITS("sample", {logits, seeds, places}, {y}, {{"temperature", 1.3}, {"top_p", 0.8}});
      CHECK_SAME_BITS("sample", {logits, seeds, places}, {y}, {{"top_k", 40}, {"top_p", 0.95}, {"min_p", 0.05}});
      CHECK_SAME_BITS("sample", {logits, Tensor(DType::u64, {}).set(0, 5), Tensor(DType::i64, {}).set(0, 9)}, {y});
      // Few different values: ties everywhere.
      Tensor tied(DType::f32, shape);
      for (int64_t i = 0; i < shape.elements(); ++i)
        tied.set(i, static_cast<double>((i * 7 + static_cast<int64_t>(seed)) % 5) * 0.5 - 1);
      CHECK_SAME_BITS("sample", {tied, seeds, places}, {y}, {{"top_k", 3}});
      CHECK_SAME_BITS("sample", {tied, seeds, places}, {y}, {{"temperature", 0}});
      CHECK_SAME_BITS("sample", {tied, seeds, places}, {y}, {{"top_p", 0.5}});
      CHECK_SAME_BITS("sample", {Tensor(DType::f32, shape).spiced(seed, 4), seeds, places}, {y}, {{"top_k", 7}});
    }
  }
  Tensor none(DType::f32, {1, 4});
  for (int64_t i = 0; i < 4; ++i) none.set(i, i == 2 ? std::nan("") : -INFINITY);
  const Tensor seed(DType::u64, {}), place(DType::i64, {}), y(DType::i32, {1});
  CHECK_SAME_BITS("sample", {none, seed, place}, {y});                                        // refused
  CHECK_SAME_BITS("sample", {Tensor(DType::f32, {1, 4}), seed, place}, {y}, {{"top_p", 0}});  // refused
}

TEST_CASE("repetition_penalty and argmax_axis have the reference's bits") {
  for (const int64_t size : {5, 64, 1000}) {
    const Tensor x = Tensor(DType::f32, {3, size}).random(1, 3), y(DType::f32, {3, size});
    CHECK_SAME_BITS("repetition_penalty", {x, Tensor(DType::i32, {20}).random(2, 1, size)}, {y}, {{"penalty", 1.3}});
    CHECK_SAME_BITS("repetition_penalty", {x, Tensor(DType::i64, {3, 4}).random(3, 1, size).set(1, -1)}, {y},
                    {{"penalty", 0.7}}, true);
    CHECK_SAME_BITS("repetition_penalty", {Tensor(DType::f32, {3, size}).spiced(4, 5), Tensor(DType::i64, {0})}, {y});
    CHECK_SAME_BITS("repetition_penalty", {x, Tensor(DType::i32, {1}).set(0, static_cast<double>(size))},
                    {y});  // refused
    for (const double first : {0, 1}) {
      CHECK_SAME_BITS("argmax_axis", {x}, {Tensor(DType::i64, {3})}, {{"axis", -1}, {"select_first", first}});
      CHECK_SAME_BITS("argmax_axis", {Tensor(DType::f32, {40, size}).spiced(5, 2)}, {Tensor(DType::i32, {40})},
                      {{"axis", 1}, {"select_first", first}});
    }
    Tensor nothing(DType::f32, {2, size});
    for (int64_t i = 0; i < size; ++i) nothing.set(i, std::nan("")).set(size + i, i == 2 ? -INFINITY : std::nan(""));
    for (const double first : {0, 1})
      CHECK_SAME_BITS("argmax_axis", {nothing}, {Tensor(DType::i64, {2})}, {{"axis", 1}, {"select_first", first}});
  }
}
