// A hash of what every fast kernel gives, one line a case. All kernels of the machine it runs on must agree, and the
// lines are the same on every machine: neon.sh compares those of this one with those of AArch64 under an emulator. It
// uses nothing but the kernels, so that a cross compiler without libraries can build it.
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "ops/cpu/lists.h"
#include "ops/cpu/machine.h"
#include "ops/element.h"
#include "ops/math/float_bits.h"
#include "tests/ops/cpu/block_values.h"
#include "tests/ops/cpu/math_cases.h"

namespace {

using namespace openinfer;

struct Operand {
  DType dtype = DType::f32;
  Shape shape;
  Layout layout = Layout::rowmajor;
  double size = 1;  // of floats; integers are below it
  std::vector<std::byte> bytes;
  bool given = true;
};

Operand floats(const Shape& shape, double size = 1, DType dtype = DType::f32, Layout layout = Layout::rowmajor) {
  return {dtype, shape, layout, size, {}, true};
}
Operand integers(DType dtype, const Shape& shape, double below) {
  return {dtype, shape, Layout::rowmajor, below, {}, true};
}

void fill(Operand& o, test::Sequence& random) {
  if (is_block(o.dtype)) {
    o.bytes = test::block_values(o.dtype, o.shape, o.layout, o.size, random);
    return;
  }
  int64_t n = o.shape.elements();
  if (o.layout == Layout::panel16) {
    const int64_t depth = o.shape[o.shape.rank() - 1];
    n = (n / depth + 15) / 16 * 16 * (depth + depth % 2);
  }
  o.bytes.resize(static_cast<size_t>(n) * element_bytes(o.dtype));
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t r = random.next();
    std::byte* at = o.bytes.data() + static_cast<size_t>(i) * element_bytes(o.dtype);
    const float f = static_cast<float>(static_cast<double>(static_cast<int32_t>(r >> 32)) * 0x1p-31 * o.size);
    if (o.dtype == DType::f32) *reinterpret_cast<float*>(at) = f;
    if (o.dtype == DType::f16) *reinterpret_cast<uint16_t*>(at) = math::f16_of_f32(f);
    if (o.dtype == DType::bf16) *reinterpret_cast<uint16_t*>(at) = math::bf16_of_f32(f);
    const auto whole = static_cast<uint64_t>(static_cast<double>(r >> 40) * 0x1p-24 * o.size);
    if (o.dtype == DType::i32) *reinterpret_cast<int32_t*>(at) = static_cast<int32_t>(whole);
    if (o.dtype == DType::i64) *reinterpret_cast<int64_t*>(at) = static_cast<int64_t>(whole);
    if (o.dtype == DType::u64) *reinterpret_cast<uint64_t*>(at) = whole;
    if (o.dtype == DType::boolean) *at = std::byte{static_cast<uint8_t>(r & 1)};
  }
}

uint64_t hash(const std::vector<std::byte>& bytes, uint64_t h) {  // FNV-1a
  for (const std::byte b : bytes) h = (h ^ static_cast<uint64_t>(b)) * 0x100000001B3u;
  return h;
}

int failures = 0, compared = 0;

void run_case(const char* title, std::string_view op, std::vector<Operand> inputs, Operand output,
              const std::vector<double>& numbers = {}) {
  test::Sequence random{hash({}, 1469598103934665603u) + static_cast<uint64_t>(title[0])};
  std::vector<KernelOperand> in, out;
  std::vector<TensorView> in_views;
  for (Operand& o : inputs) {
    fill(o, random);
    in.push_back({o.dtype, o.layout, o.shape, true, true});
    in_views.push_back(TensorView::dense(o.bytes.data(), o.dtype, o.shape));
    in_views.back().layout = o.layout;
  }
  std::vector<KernelAttr> attributes;
  for (const double v : numbers) {
    attributes.emplace_back();
    attributes.back().given = v == v;
    attributes.back().f = v;
    attributes.back().i = v == v ? static_cast<int64_t>(v) : 0;
  }
  fill(output, random);
  out.push_back({output.dtype, output.layout, output.shape, true, true});
  const KernelSite site{nullptr, in, out, attributes, 1};
  uint64_t first = 0;
  int ran = 0;
  for (const KernelList list : cpu::kernel_lists()) {
    for (const Kernel& k : list) {
      if (!cpu::machine_has(k.isa)) continue;
      if (k.op != op || (k.supports != nullptr && !k.supports(site))) continue;
      const uint64_t need = k.scratch != nullptr ? k.scratch(site) : 0;
      auto* scratch = static_cast<std::byte*>(std::aligned_alloc(64, (need + 127) / 64 * 64));
      std::vector<std::byte> result(output.bytes.size());
      const std::vector<TensorView> views{TensorView::dense(result.data(), output.dtype, output.shape)};
      Serial serial;
      KernelFault fault;
      const bool good = k.run({in_views, views, attributes, scratch, &serial, &fault});
      std::free(scratch);
      const uint64_t h = good ? hash(result, 1469598103934665603u) : 0;
      if (ran++ == 0) first = h;
      if (!good || h != first) {
        ++failures;
        std::fprintf(stderr, "%s: %.*s differs: %016llx\n", title, static_cast<int>(k.name.size()), k.name.data(),
                     static_cast<unsigned long long>(h));
      }
      ++compared;
    }
  }
  if (ran < 2) {
    ++failures;
    std::fprintf(stderr, "%s: only %d kernels\n", title, ran);
  }
  std::printf("%-28s %016llx\n", title, static_cast<unsigned long long>(first));
}

}  // namespace

int main() {
  const double absent = std::nan("");
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    const std::string w(name(type));
    for (const int64_t rows : {1, 3, 29}) {
      const std::string size = " " + w + " " + std::to_string(rows);
      run_case(("linear panel16" + size).c_str(), "linear",
               {floats({rows, 601}), floats({43, 601}, 0.1, type, Layout::panel16), floats({43})}, floats({rows, 43}));
      run_case(("linear rowmajor" + size).c_str(), "linear", {floats({rows, 70}), floats({20, 70}, 0.1, type)},
               floats({rows, 20}));
      run_case(("attention" + size).c_str(), "attention",
               {floats({rows, 6, 20}, 3), floats({100, 3, 20}, 1, type), floats({100, 3, 12}, 1, type)},
               floats({rows, 72}), {1, 0, absent, 0});
    }
    run_case(("embedding " + w).c_str(), "embedding",
             {integers(DType::i32, {9}, 30), floats({30, 37}, 1, type, Layout::panel16)}, floats({9, 37}));
    run_case(("silu " + w).c_str(), "silu", {floats({301}, 20, type)}, floats({301}, 1, type));
  }
  for (const DType type : test::kBlockTypes)
    for (const int64_t rows : {1, 9})
      run_case(("linear " + std::string(name(type)) + " " + std::to_string(rows)).c_str(), "linear",
               {floats({rows, 768}), floats({43, 768}, 0.1, type, Layout::panel16), floats({43})}, floats({rows, 43}));
  run_case(
      "attention window softcap", "attention",
      {floats({9, 4, 16}, 3), floats({1100, 2, 16}), floats({1100, 2, 16}), integers(DType::boolean, {9, 1100}, 2)},
      floats({9, 64}), {1, 300, 0.5, 4});
  run_case("matmul", "matmul", {floats({3, 19, 40}), floats({3, 40, 50})}, floats({3, 19, 50}), {absent});
  run_case("conv", "conv", {floats({1, 3, 12, 40}), floats({14, 3, 3, 3}), floats({14})}, floats({1, 14, 12, 40}),
           {1, 1, 1, 1, absent});
  run_case("cast", "cast", {floats({77}, 1e5)}, floats({77}, 1, DType::f16), {2, 0, 1});
  run_case("rms_norm", "rms_norm", {floats({5, 333}), floats({333})}, floats({5, 333}), {1e-5, 0});
  run_case("layer_norm", "layer_norm", {floats({5, 333}), floats({333}), floats({333})}, floats({5, 333}), {1e-5});
  run_case("softmax", "softmax", {floats({5, 333}, 9)}, floats({5, 333}), {-1});
  run_case("rope", "rope", {floats({3, 2, 40}), integers(DType::i64, {3}, 1e6), floats({18})}, floats({3, 2, 40}), {0});
  run_case("sample", "sample", {floats({20, 500}, 5), integers(DType::u64, {20}, 1e6), integers(DType::i64, {20}, 100)},
           integers(DType::i32, {20}, 1), {0.9, 40, 0.95, 0});
  for (const char* op :
       {"exp", "log", "tanh", "erf", "sin", "cos", "atan", "sigmoid", "softplus", "sqrt", "rsqrt", "round", "floor"})
    run_case(op, op, {floats({2000}, 1e5)}, floats({2000}));
  run_case("gelu", "gelu", {floats({999}, 5)}, floats({999}), {0});
  run_case("pow", "pow", {floats({999}, 5), floats({999}, 9)}, floats({999}));
  run_case("mul broadcast", "mul", {floats({30, 33}), floats({33})}, floats({30, 33}));
  std::fprintf(stderr, "%d kernel runs, %d failures\n", compared, failures);
  return failures == 0 && compared > 0 ? 0 : 1;
}
