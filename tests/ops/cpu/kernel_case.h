// One node's operands, and the comparison that every fast kernel has to stand: the bits of the reference kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ops/kernel.h"

namespace openinfer::test {

// A tensor with exactly the bytes it needs, so that the sanitizer sees every step outside.
class Tensor {
 public:
  Tensor() = default;  // an optional input that is not given
  Tensor(DType dtype, const Shape& shape, Layout layout = Layout::rowmajor);

  // Values of about unit size; whole numbers below `limit` for integers, 0 and 1 for bool.
  Tensor& random(uint64_t seed, double size = 1, int64_t limit = 100);
  // Of a block type in rows: every byte `with`, but for the f16 numbers, which are 1.
  Tensor& blocks_of(std::byte with);
  // Every so many elements one of: NaN, infinities, zeros, subnormals, the largest numbers.
  Tensor& spiced(uint64_t seed, int every);
  Tensor& set(int64_t index, double value);  // element `index` in storage order
  // The same memory seen as rows of a larger table: each axis' stride times `spread`, the last axis dense.
  static Tensor spread(DType dtype, const Shape& shape, int64_t spread, uint64_t seed);

  [[nodiscard]] TensorView view();
  [[nodiscard]] KernelOperand operand() const;
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
  void clear(std::byte with);

 private:
  DType dtype_ = DType::f32;
  Layout layout_ = Layout::rowmajor;
  Shape shape_;
  std::array<int64_t, kMaxRank> strides_{};
  bool given_ = false;
  bool dense_ = true;
  std::vector<std::byte> bytes_;
};

struct Attribute {
  std::string_view name;
  double value = 0;
  std::vector<int64_t> list = {};  // of an attribute of integers; one number stands in `value`
};

struct Compared {
  int kernels = 0;    // fast kernels that ran and gave the reference's bits
  std::string wrong;  // what did not; empty: nothing
};

// Runs every kernel of `op` that supports the operands and that this processor can run, each with one and with three
// workers, and compares outputs and success with the reference kernel's. `in_place`: the first output is the first
// input.
[[nodiscard]] Compared compare_kernels(std::string_view op, std::vector<Tensor> inputs, std::vector<Tensor> outputs,
                                       const std::vector<Attribute>& attributes = {}, bool in_place = false);

// How many instruction sets with kernels of every op this processor can run, portable included.
[[nodiscard]] int instruction_sets();

// A Parallel of n workers that runs their ranges in falling order, one after another, cut oddly.
class Backwards final : public Parallel {
 public:
  explicit Backwards(int threads) : threads_(threads) {}
  [[nodiscard]] int threads() const override { return threads_; }

 protected:
  void dispatch(int64_t items, int64_t grain, Call call, void* body) override;

 private:
  int threads_;
};

}  // namespace openinfer::test

// For CHECK-like use in a test case: a fast kernel of every instruction set ran and all agreed.
#define CHECK_SAME_BITS(...)                                                  \
  do {                                                                        \
    const openinfer::test::Compared compared_ = compare_kernels(__VA_ARGS__); \
    INFO(compared_.wrong);                                                    \
    CHECK(compared_.wrong.empty());                                           \
    CHECK(compared_.kernels >= openinfer::test::instruction_sets());          \
  } while (false)
