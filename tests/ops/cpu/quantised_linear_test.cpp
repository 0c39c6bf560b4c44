#include <catch2/catch.hpp>

#include "ops/cpu/machine.h"
#include "tests/ops/cpu/block_values.h"
#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("linear has the reference's bits for every block type, layout and tail") {
  for (const DType type : kBlockTypes)
    for (const Layout layout : {Layout::panel16, Layout::rowmajor})
      for (const auto& [rows, depth, columns] : {std::tuple{1, 256, 256},
                                                 {1, 512, 40},
                                                 {1, 1280, 17},
                                                 {2, 256, 33},
                                                 {3, 768, 16},
                                                 {6, 512, 48},
                                                 {7, 256, 1},
                                                 {13, 1536, 20},
                                                 {50, 256, 70}}) {
        INFO(name(type) << (layout == Layout::panel16 ? " panel16 " : " rowmajor ") << rows << "x" << depth << "x"
                        << columns);
        const Shape x{rows, depth}, w{columns, depth}, y{rows, columns};
        CHECK_SAME_BITS("linear", {Tensor(DType::f32, x).random(1), Tensor(type, w, layout).random(2, 0.1), Tensor()},
                        {Tensor(DType::f32, y)});
        CHECK_SAME_BITS("linear",
                        {Tensor(DType::f32, x).random(3), Tensor(type, w, layout).random(4, 0.1),
                         Tensor(rows % 2 != 0 ? DType::f16 : DType::f32, {columns}).random(5)},
                        {Tensor(DType::f32, y)});
      }
}

TEST_CASE("linear with block types: several axes, empty axes, short blocks, special values") {
  for (const DType type : {DType::q8_0, DType::q5_1}) {
    CHECK_SAME_BITS("linear", {Tensor(DType::f32, {2, 3, 32}).random(1), Tensor(type, {2, 4, 32}).random(2)},
                    {Tensor(DType::f32, {2, 3, 2, 4})});
    CHECK_SAME_BITS("linear", {Tensor(DType::f32, {0, 64}), Tensor(type, {5, 64}).random(2)},
                    {Tensor(DType::f32, {0, 5})});
    CHECK_SAME_BITS("linear", {Tensor(DType::f32, {3, 0}), Tensor(type, {5, 0})}, {Tensor(DType::f32, {3, 5})});
    CHECK_SAME_BITS("linear",
                    {Tensor(DType::f32, {9, 96}).spiced(7, 50), Tensor(type, {40, 96}, Layout::panel16).random(8),
                     Tensor(DType::f32, {40}).spiced(9, 9)},
                    {Tensor(DType::f32, {9, 40})});
  }
}

TEST_CASE("the largest numbers do not saturate a block's dot product") {
  // Codes of all ones against activations that become 127 and -127.
  for (const DType type : kBlockTypes) {
    Tensor x(DType::f32, {3, 512});
    for (int64_t i = 0; i < 3 * 512; ++i) x.set(i, i / 512 == 1 ? -1 : i / 512 == 2 && i % 2 != 0 ? -1 : 1);
    for (const int byte : {0xFF, 0x80, 0x7F})
      CHECK_SAME_BITS("linear", {x, Tensor(type, {33, 512}).blocks_of(static_cast<std::byte>(byte))},
                      {Tensor(DType::f32, {3, 33})});
  }
}

TEST_CASE("a processor with integer dot products uses them") {
  if (!cpu::machine_has(Isa::avx512vnni)) return;
  Tensor x(DType::f32, {1, 256}), y(DType::f32, {1, 16});
  for (const DType type : kBlockTypes) {
    const Tensor w(type, {16, 256}, Layout::panel16);
    const std::vector<KernelOperand> in{x.operand(), w.operand()}, out{y.operand()};
    const KernelSite site{find_op("linear"), in, out, {}, 1};
    const Kernel* kernel = find_kernel(site, Isa::avx512vnni);
    REQUIRE(kernel != nullptr);
    CHECK(kernel->name == "linear." + std::string(name(type)) + ".avx512vnni");
  }
}
