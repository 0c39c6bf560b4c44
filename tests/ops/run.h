// Runs one op on small tensors: the rules give the results' shapes, the plain kernel their values.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ops/element.h"
#include "ops/kernel.h"
#include "ops/schema.h"

namespace openinfer::test {

// A dense tensor that owns its bytes.
struct Tensor {
  DType dtype = DType::f32;
  Shape shape;
  std::vector<std::byte> bytes;

  Tensor() = default;
  Tensor(DType t, Shape s) : dtype(t), shape(s) {
    const auto row = static_cast<uint64_t>(s.rank() == 0 ? 1 : s[s.rank() - 1]);
    bytes.resize(storage_bytes(t, static_cast<uint64_t>(s.elements()), row).value_or(0) + 8);
  }
  Tensor(DType t, Shape s, const std::vector<double>& values) : Tensor(t, s) {
    for (size_t i = 0; i < values.size(); ++i) set(static_cast<int64_t>(i), values[i]);
  }
  [[nodiscard]] TensorView view() { return TensorView::dense(bytes.data(), dtype, shape); }
  [[nodiscard]] int64_t size() const { return shape.elements(); }
  [[nodiscard]] double operator[](int64_t i) const { return load_element<double>(bytes.data(), dtype, i); }
  [[nodiscard]] int64_t integer(int64_t i) const { return load_element<int64_t>(bytes.data(), dtype, i); }
  void set(int64_t i, double v) {
    is_float(dtype) ? store_element(bytes.data(), dtype, i, v)
                    : store_element(bytes.data(), dtype, i, static_cast<int64_t>(v));
  }
  [[nodiscard]] std::vector<double> values() const {
    std::vector<double> v;
    for (int64_t i = 0; i < size(); ++i) v.push_back((*this)[i]);
    return v;
  }
};

using Attributes = std::vector<std::pair<std::string, AttrValue>>;

struct Ran {
  std::vector<Tensor> outputs;
  std::string codes;  // of the rules' issues; then nothing ran
  bool ok = false;
  KernelFault fault;        // when !ok
  int64_t found = -1;       // ops with a run-time length
  bool guards_hold = true;  // the bytes behind results and scratch are as they were
  [[nodiscard]] const Tensor& y() const { return outputs.at(0); }
};

// What a call may say beside inputs and attributes.
struct Options {
  std::vector<std::pair<DType, Shape>> outputs;  // declared; empty: one output that the rules decide
  std::map<std::string, int64_t> integers;       // integer attributes
  std::map<std::string, std::vector<int64_t>> lists;
  bool in_place = false;                     // the first output is the first input
  bool strided = false;                      // inputs and outputs lie in wider buffers, every second element
  const Kernel* kernel = nullptr;            // nullptr: the plain one
  int64_t most_elements = int64_t{1} << 40;  // of a result; a larger one is not run and counts as refused
};

Ran run(std::string_view op, std::vector<Tensor> inputs, const Attributes& attributes = {},
        const Options& options = {});

// The plain kernel of an op.
const Kernel* plain_kernel(std::string_view op);

// Pseudo-random numbers in (-scale, scale), the same ones at every run.
Tensor random_tensor(DType dtype, Shape shape, uint64_t seed, double scale = 1);

}  // namespace openinfer::test
