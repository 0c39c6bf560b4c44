// Property: on random shapes, types, values and attributes every fast kernel has the reference kernel's bits.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <set>

#include "tests/ops/cpu/block_values.h"
#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

int64_t between(int64_t low, int64_t high) { return *rc::gen::inRange<int64_t>(low, high + 1); }
bool sometimes() { return between(0, 3) == 0; }
// Lengths around what vectors, tiles and segments are long.
int64_t length() {
  return *rc::gen::element<int64_t>(0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 65, 100, 129, 513, 600);
}
DType short_float() { return *rc::gen::element(DType::f32, DType::f16, DType::bf16); }

Tensor values(DType type, const Shape& shape) {
  const auto seed = static_cast<uint64_t>(between(1, 1 << 30));
  return sometimes() && shape.elements() > 0 ? Tensor(type, shape).spiced(seed, static_cast<int>(between(2, 200)))
                                             : Tensor(type, shape).random(seed, static_cast<double>(between(1, 6)));
}
Tensor indices(DType type, const Shape& shape, int64_t limit) {
  return Tensor(type, shape).random(static_cast<uint64_t>(between(1, 1 << 30)), 1, limit);
}

// Ops of which a fast kernel was compared.
std::set<std::string, std::less<>>& compared_ops() {
  static std::set<std::string, std::less<>> ops;
  return ops;
}

void same_bits(std::string_view op, const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs,
               const std::vector<Attribute>& attributes = {}, bool in_place = false) {
  const Compared c = compare_kernels(op, inputs, outputs, attributes, in_place);
  if (!c.wrong.empty()) RC_FAIL(std::string(op) + ": " + c.wrong);
  if (c.kernels > 0) compared_ops().emplace(op);
}

// One of the shapes that broadcast to y: sizes of 1, and axes left out in front.
Shape narrower(const Shape& y) {
  Shape s;
  for (auto a = static_cast<int>(between(0, y.rank())); a < y.rank(); ++a) s.push_back(sometimes() ? 1 : y[a]);
  return s;
}

bool has_fast_kernel(std::string_view op) {
  for (const Kernel* k : kernels_of(op))
    if (k->name.find(".reference") == std::string_view::npos) return true;
  return false;
}

void elementwise(const OpSchema& op) {
  Shape y;
  for (int64_t a = between(0, 3); a > 0; --a) y.push_back(between(0, 40));
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < op.inputs.size(); ++i)
    inputs.push_back(values(short_float(), i == 0 || op.inputs.size() == 1 ? y : narrower(y)));
  std::vector<Attribute> attributes;
  for (const AttrSpec& a : op.attributes) {
    if (a.type == AttrType::dtype || sometimes()) continue;
    attributes.push_back({a.name, a.type == AttrType::choice
                                      ? static_cast<double>(between(0, static_cast<int64_t>(a.choices.size()) - 1))
                                      : static_cast<double>(between(-8, 8)) / 4});
  }
  const DType wide = op.inputs.size() > 1 ? DType::f32 : inputs[0].operand().dtype;
  same_bits(op.name, inputs, {Tensor(wide, y)}, attributes, wide == inputs[0].operand().dtype && sometimes());
}

void linear() {
  const int64_t rows = between(0, 20), depth = length(), columns = between(0, 70);
  const DType type = short_float();
  const Layout layout = sometimes() ? Layout::rowmajor : Layout::panel16;
  const Tensor weight = Tensor(type, {columns, depth}, layout).random(static_cast<uint64_t>(between(1, 1 << 30)), 0.3);
  same_bits("linear", {values(DType::f32, {rows, depth}), weight, sometimes() ? Tensor() : values(type, {columns})},
            {Tensor(DType::f32, {rows, columns})});
}

void quantised_linear() {
  const DType type = kBlockTypes[between(0, std::size(kBlockTypes) - 1)];
  const int64_t rows = between(0, 20), depth = info(type).block * between(0, 5), columns = between(0, 70);
  const Layout layout = sometimes() ? Layout::rowmajor : Layout::panel16;
  const Tensor weight = Tensor(type, {columns, depth}, layout).random(static_cast<uint64_t>(between(1, 1 << 30)), 0.3);
  same_bits("linear",
            {values(DType::f32, {rows, depth}), weight, sometimes() ? Tensor() : values(short_float(), {columns})},
            {Tensor(DType::f32, {rows, columns})});
}

void matmul() {
  const int64_t batch = between(1, 3), m = between(0, 20), k = length(), n = between(0, 70);
  const bool shared = sometimes();
  same_bits("matmul",
            {values(DType::f32, {batch, m, k}), values(short_float(), shared ? Shape{k, n} : Shape{batch, k, n})},
            {Tensor(DType::f32, {batch, m, n})});
}

void attention() {
  const int64_t groups = between(1, 3), heads = groups * between(1, 4), keys = between(1, 200),
                rows = between(1, std::min<int64_t>(keys, 40)), dh = between(1, 40), dv = between(1, 40);
  const DType type = short_float();
  std::vector<Tensor> in = {values(DType::f32, {rows, heads, dh}),
                            Tensor::spread(type, {keys, groups, dh}, between(1, 3), 5),
                            values(type, {keys, groups, dv})};
  if (sometimes()) in.push_back(indices(DType::boolean, {rows, keys}, 2));
  std::vector<Attribute> attributes = {{"causal", static_cast<double>(between(0, 1))},
                                       {"window", static_cast<double>(sometimes() ? between(1, 100) : 0)}};
  if (sometimes()) attributes.push_back({"softcap", 5});
  same_bits("attention", in, {Tensor(DType::f32, {rows, heads * dv})}, attributes);
}

void norms() {
  const int64_t rows = between(0, 9), size = length();
  const Shape shape{rows, size};
  const Tensor x = values(DType::f32, shape), y(DType::f32, shape), w = values(short_float(), {size});
  const bool in_place = sometimes();
  same_bits("rms_norm", {x, w}, {y}, {{"eps", 1e-5}}, in_place);
  same_bits("layer_norm", {x, w, values(DType::f32, {size})}, {y}, {}, in_place);
  same_bits("softmax", {x}, {y}, {}, in_place);
}

void rope() {
  const int64_t rows = between(0, 5), heads = between(1, 4), size = between(2, 70), pairs = between(1, size / 2);
  const Shape shape{rows, heads, size};
  same_bits("rope",
            {values(DType::f32, shape), indices(sometimes() ? DType::u16 : DType::i64, {rows}, 60000),
             values(DType::f32, {pairs})},
            {Tensor(DType::f32, shape)}, {{"interleaved", static_cast<double>(between(0, 1))}}, sometimes());
}

void conv() {
  const auto axes = static_cast<int>(between(1, 3));
  const int64_t groups = between(1, 3), in = between(1, 4), out = groups * between(1, 12);
  Shape x{between(0, 2), groups * in}, w{out, in}, y{x[0], out};
  Attribute stride{"stride"}, pad{"pad"}, dilation{"dilation"};
  for (int a = 0; a < axes; ++a) {
    const int64_t k = between(1, 4), s = between(1, 3), p = between(0, 2), d = between(1, 2),
                  size = d * (k - 1) + between(1, 20);
    x.push_back(size);
    w.push_back(k);
    y.push_back((size + 2 * p - d * (k - 1) - 1) / s + 1);
    stride.list.push_back(s);
    pad.list.push_back(p);
    dilation.list.push_back(d);
  }
  same_bits("conv",
            {values(DType::f32, x), values(short_float(), w), sometimes() ? Tensor() : values(DType::f32, {out})},
            {Tensor(DType::f32, y)}, {stride, pad, dilation, {"groups", static_cast<double>(groups)}});
}

void rows_of_tables() {
  const int64_t rows = between(1, 40), size = length(), n = between(0, 9);
  const DType type = short_float();
  const Tensor weight =
      sometimes() && size > 0 ? Tensor(type, {rows, size}, Layout::panel16).random(3) : values(type, {rows, size});
  same_bits("embedding",
            {indices(*rc::gen::element(DType::i32, DType::i64, DType::u8), {n}, rows + (sometimes() ? 1 : 0)), weight},
            {Tensor(DType::f32, {n, size})});
  same_bits("cast", {values(type, {n, size})}, {Tensor(short_float(), {n, size})});
}

void sampling() {
  const int64_t rows = between(1, 5), size = between(1, 300);
  const Shape shape{rows, size};
  const Tensor logits = values(DType::f32, shape);
  same_bits("sample", {logits, indices(DType::u64, {rows}, 1 << 30), indices(DType::i32, {rows}, 1000)},
            {Tensor(DType::i32, {rows})},
            {{"temperature", static_cast<double>(between(0, 8)) / 4},
             {"top_k", static_cast<double>(between(0, 20))},
             {"top_p", static_cast<double>(between(1, 10)) / 10},
             {"min_p", static_cast<double>(between(0, 4)) / 10}});
  same_bits("repetition_penalty", {logits, indices(DType::i64, {between(0, 30)}, size)}, {Tensor(DType::f32, shape)},
            {{"penalty", 1.25}}, sometimes());
  same_bits("argmax_axis", {logits}, {Tensor(DType::i64, {rows})},
            {{"axis", sometimes() ? -1.0 : 1.0}, {"select_first", static_cast<double>(between(0, 1))}});
}

}  // namespace

TEST_CASE("on random shapes every fast kernel has the reference's bits") {
  CHECK(rc::check("element-wise", [] {
    for (const OpSchema& op : all_ops())
      if (!op.expression.empty() && has_fast_kernel(op.name)) elementwise(op);
  }));
  CHECK(rc::check("linear", linear));
  CHECK(rc::check("linear of block types", quantised_linear));
  CHECK(rc::check("matmul", matmul));
  CHECK(rc::check("attention", attention));
  CHECK(rc::check("norms", norms));
  CHECK(rc::check("rope", rope));
  CHECK(rc::check("conv", conv));
  CHECK(rc::check("embedding, cast", rows_of_tables));
  CHECK(rc::check("sample, repetition_penalty, argmax_axis", sampling));
  for (const OpSchema& op : all_ops()) {
    INFO(op.name << " has a fast kernel: a property above has to compare it");
    if (has_fast_kernel(op.name)) CHECK(compared_ops().count(op.name) == 1);
  }
}
