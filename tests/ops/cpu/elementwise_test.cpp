#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

// Ops with a float result for which a vector form exists; the test fails if one of these loses it.
const char* const kOneInput[] = {"abs",  "atan", "ceil",  "cos",   "erf",   "exp",     "floor", "gelu",
                                 "log",  "neg",  "round", "rsqrt", "relu",  "sin",     "sqrt",  "sigmoid",
                                 "sign", "silu", "tanh",  "trunc", "clamp", "softplus"};
const char* const kTwoInputs[] = {"add", "sub", "mul", "max", "min", "pow"};

}  // namespace

TEST_CASE("element-wise ops of one input have the reference's bits") {
  for (const char* op : kOneInput) {
    for (const int64_t n : {1, 5, 16, 300}) {
      INFO(op << " of " << n);
      std::vector<Attribute> attributes;
      if (std::string_view(op) == "clamp") attributes = {{"min", -0.5}, {"max", 0.75}};
      if (std::string_view(op) == "relu") attributes = {{"alpha", 0.1}, {"clamp_max", 1.5}};
      CHECK_SAME_BITS(op, {Tensor(DType::f32, {2, n}).random(1, 4)}, {Tensor(DType::f32, {2, n})}, attributes);
      CHECK_SAME_BITS(op, {Tensor(DType::f32, {n}).spiced(2, 3)}, {Tensor(DType::f32, {n})}, attributes, true);
      CHECK_SAME_BITS(op, {Tensor(DType::f16, {n}).spiced(3, 3)}, {Tensor(DType::f16, {n})}, attributes);
      CHECK_SAME_BITS(op, {Tensor(DType::bf16, {n}).spiced(4, 3)}, {Tensor(DType::bf16, {n})}, attributes);
    }
  }
  for (const double form : {0, 1, 2})
    CHECK_SAME_BITS("gelu", {Tensor(DType::f32, {400}).random(9, 6)}, {Tensor(DType::f32, {400})},
                    {{"approximate", form}});
  CHECK_SAME_BITS("clamp", {Tensor(DType::f32, {4})}, {Tensor(DType::f32, {4})}, {{"min", 2}, {"max", 1}});  // refused
}

TEST_CASE("element-wise ops of two inputs are broadcast and widened") {
  for (const char* op : kTwoInputs) {
    INFO(op);
    const auto f32 = [](const Shape& s, uint64_t seed) { return Tensor(DType::f32, s).random(seed, 2); };
    CHECK_SAME_BITS(op, {f32({7, 33}, 1), f32({7, 33}, 2)}, {Tensor(DType::f32, {7, 33})});
    CHECK_SAME_BITS(op, {f32({7, 33}, 1), f32({33}, 2)}, {Tensor(DType::f32, {7, 33})});
    CHECK_SAME_BITS(op, {f32({7, 33}, 1), f32({}, 2)}, {Tensor(DType::f32, {7, 33})});
    CHECK_SAME_BITS(op, {f32({1}, 1), f32({4, 1, 9}, 2)}, {Tensor(DType::f32, {4, 1, 9})});
    CHECK_SAME_BITS(op, {f32({4, 1, 9}, 1), f32({5, 1}, 2)}, {Tensor(DType::f32, {4, 5, 9})});
    CHECK_SAME_BITS(op, {f32({2, 3, 4, 5}, 1), f32({3, 1, 5}, 2)}, {Tensor(DType::f32, {2, 3, 4, 5})});
    CHECK_SAME_BITS(op, {f32({0, 9}, 1), f32({9}, 2)}, {Tensor(DType::f32, {0, 9})});
    CHECK_SAME_BITS(op, {Tensor(DType::f32, {500}).spiced(3, 4), Tensor(DType::f32, {500}).spiced(4, 3)},
                    {Tensor(DType::f32, {500})});
    CHECK_SAME_BITS(op, {Tensor(DType::f16, {60}).spiced(5, 9), Tensor(DType::bf16, {60}).spiced(6, 9)},
                    {Tensor(DType::f32, {60})});
    CHECK_SAME_BITS(op, {f32({20000}, 7), f32({20000}, 8)}, {Tensor(DType::f32, {20000})}, {}, true);
  }
  CHECK_SAME_BITS(
      "fma",
      {Tensor(DType::f32, {90}).random(1), Tensor(DType::f32, {90}).random(2), Tensor(DType::f32, {90}).random(3)},
      {Tensor(DType::f32, {90})});
}
