// Kernels at the shapes of real models: storyteller (256 features) and a 1B Llama (2048). Weights that a token reads
// once are taken from a set larger than the caches where the name ends in /memory. One thread unless /threads says
// otherwise; OINF_ISA picks the instruction set.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ops/kernel.h"
#include "runtime/thread_pool.h"

namespace {

using namespace openinfer;

struct Free {
  void operator()(std::byte* p) const { std::free(p); }
};

class Tensor {
 public:
  Tensor(DType dtype, const Shape& shape, Layout layout = Layout::rowmajor)
      : dtype_(dtype), layout_(layout), shape_(shape) {
    const int64_t depth = shape[shape.rank() - 1], rows = shape.elements() / depth;
    bytes_ =
        static_cast<size_t>(layout == Layout::panel16 ? (rows + 15) / 16 * 16 * (depth + depth % 2) : rows * depth) *
        element_bytes(dtype);
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(4096, (bytes_ + 4095) / 4096 * 4096)));
    // 0.01 … in each type: values do not matter for speed as long as they are ordinary.
    for (size_t i = 0; i < bytes_; i += element_bytes(dtype)) {
      const float f = 0.01f * static_cast<float>(1 + i % 13);
      const uint16_t h = dtype == DType::f16 ? uint16_t{0x2E00} : uint16_t{0x3DCC};
      const int64_t n = 0;
      if (dtype == DType::f32) std::memcpy(data_.get() + i, &f, 4);
      if (element_bytes(dtype) == 2) std::memcpy(data_.get() + i, &h, 2);
      if (element_bytes(dtype) == 8) std::memcpy(data_.get() + i, &n, 8);
    }
  }
  [[nodiscard]] TensorView view() const {
    TensorView v = TensorView::dense(data_.get(), dtype_, shape_);
    v.layout = layout_;
    return v;
  }
  [[nodiscard]] KernelOperand operand() const { return {dtype_, layout_, shape_, true, true}; }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  DType dtype_;
  Layout layout_;
  Shape shape_;
  size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

// Runs the kernel that would be chosen; `inputs` are taken in turn.
void run(benchmark::State& state, std::string_view op, const std::vector<std::vector<Tensor>>& inputs,
         const Tensor& output, const std::vector<KernelAttr>& attributes, int threads, double bytes, double terms) {
  const auto isa = detect_isa();
  std::vector<KernelOperand> in;
  for (const Tensor& t : inputs[0]) in.push_back(t.operand());
  const std::vector<KernelOperand> out{output.operand()};
  const KernelSite site{find_op(op), in, out, attributes, threads};
  const Kernel* kernel = isa.ok() && site.op != nullptr ? find_kernel(site, isa.value()) : nullptr;
  if (kernel == nullptr) return state.SkipWithError("no kernel");
  const uint64_t need = kernel->scratch != nullptr ? kernel->scratch(site) : 0;
  const std::unique_ptr<std::byte, Free> scratch(
      static_cast<std::byte*>(std::aligned_alloc(4096, (need + 4096) / 4096 * 4096)));
  ThreadPool pool(threads);
  KernelFault fault;
  std::vector<std::vector<TensorView>> views;
  for (const auto& set : inputs) {
    views.emplace_back();
    for (const Tensor& t : set) views.back().push_back(t.view());
  }
  const std::vector<TensorView> y{output.view()};
  size_t turn = 0;
  for (auto _ : state) {
    const KernelArgs args{views[turn], y, attributes, scratch.get(), &pool, &fault};
    if (!kernel->run(args)) return state.SkipWithError(fault.message.c_str());
    turn = turn + 1 == views.size() ? 0 : turn + 1;
  }
  state.SetLabel(std::string(kernel->name));
  const auto per_second = [](double n) { return benchmark::Counter(n, benchmark::Counter::kIsIterationInvariantRate); };
  if (bytes > 0) state.counters["B/s"] = per_second(bytes);
  if (terms > 0) state.counters["MAC/s"] = per_second(terms);
}

KernelAttr number(double v) {
  KernelAttr a;
  a.f = v;
  a.i = static_cast<int64_t>(v);
  return a;
}

void linear(benchmark::State& state, DType type, int64_t rows, int64_t columns, int64_t depth, int threads,
            bool memory) {
  std::vector<std::vector<Tensor>> sets;
  const int64_t copies = memory ? (256 << 20) / (columns * depth * static_cast<int64_t>(element_bytes(type))) + 1 : 1;
  for (int64_t i = 0; i < copies; ++i) {
    sets.emplace_back();
    sets.back().emplace_back(DType::f32, Shape{rows, depth});
    sets.back().emplace_back(type, Shape{columns, depth}, Layout::panel16);
  }
  const Tensor y(DType::f32, {rows, columns});
  run(state, "linear", sets, y, {}, threads, static_cast<double>(sets[0][1].bytes()),
      static_cast<double>(rows * columns * depth));
}

void attention(benchmark::State& state, DType type, int64_t rows, int64_t heads, int64_t groups, int64_t size,
               int64_t keys, int threads) {
  std::vector<std::vector<Tensor>> sets(1);
  sets[0].emplace_back(DType::f32, Shape{rows, heads, size});
  sets[0].emplace_back(type, Shape{keys, groups, size});
  sets[0].emplace_back(type, Shape{keys, groups, size});
  const Tensor y(DType::f32, {rows, heads * size});
  KernelAttr scale;
  scale.given = false;
  const double seen = static_cast<double>(rows) * (static_cast<double>(keys) - static_cast<double>(rows - 1) / 2);
  run(state, "attention", sets, y, {number(1), number(0), scale, number(0)}, threads,
      static_cast<double>(2 * sets[0][1].bytes()), 2.0 * seen * static_cast<double>(heads * size));
}

void rms_norm(benchmark::State& state, int64_t rows, int64_t size) {
  std::vector<std::vector<Tensor>> sets(1);
  sets[0].emplace_back(DType::f32, Shape{rows, size});
  sets[0].emplace_back(DType::f32, Shape{size});
  const Tensor y(DType::f32, {rows, size});
  run(state, "rms_norm", sets, y, {number(1e-5), number(0)}, 1, static_cast<double>(rows * size * 4), 0);
}

void one_input(benchmark::State& state, const char* op, int64_t rows, int64_t size) {
  std::vector<std::vector<Tensor>> sets(1);
  sets[0].emplace_back(DType::f32, Shape{rows, size});
  const Tensor y(DType::f32, {rows, size});
  std::vector<KernelAttr> attributes;
  if (std::string_view(op) == "softmax") attributes.push_back(number(-1));
  run(state, op, sets, y, attributes, 1, static_cast<double>(rows * size * 4), 0);
}

void two_inputs(benchmark::State& state, const char* op, int64_t size) {
  std::vector<std::vector<Tensor>> sets(1);
  sets[0].emplace_back(DType::f32, Shape{size});
  sets[0].emplace_back(DType::f32, Shape{size});
  const Tensor y(DType::f32, {size});
  std::vector<KernelAttr> attributes(find_op(op)->attributes.size());
  for (KernelAttr& a : attributes) a.given = false;
  run(state, op, sets, y, attributes, 1, static_cast<double>(size * 12), 0);
}

void add_linear(const std::string& name, DType type, int64_t rows, int64_t columns, int64_t depth, int threads,
                bool memory) {
  const std::string title = "linear/" + name + "/" + std::string(openinfer::name(type)) + "/" + std::to_string(rows) +
                            "x" + std::to_string(columns) + "x" + std::to_string(depth) +
                            (threads > 1 ? "/threads" + std::to_string(threads) : "") + (memory ? "/memory" : "");
  benchmark::RegisterBenchmark(title.c_str(), [=](benchmark::State& s) {
    linear(s, type, rows, columns, depth, threads, memory);
  })->UseRealTime();
}

void add_attention(DType type, int64_t rows, int64_t heads, int64_t groups, int64_t size, int64_t keys, int threads) {
  const std::string title = "attention/" + std::string(openinfer::name(type)) + "/" + std::to_string(rows) + "rows/" +
                            std::to_string(heads) + "heads/" + std::to_string(groups) + "groups/" +
                            std::to_string(size) + "/" + std::to_string(keys) + "keys" +
                            (threads > 1 ? "/threads" + std::to_string(threads) : "");
  benchmark::RegisterBenchmark(title.c_str(), [=](benchmark::State& s) {
    attention(s, type, rows, heads, groups, size, keys, threads);
  })->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const int all = default_threads();
  for (const bool memory : {false, true})
    for (const auto& [columns, depth] : {std::pair{256, 256}, {768, 256}, {256, 768}, {2048, 256}})
      add_linear("storyteller", DType::f16, 1, columns, depth, 1, memory);
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    for (const int threads : {1, all}) add_linear("1b", type, 1, 8192, 2048, threads, true);
    add_linear("1b", type, 512, 8192, 2048, 1, false);
  }
  add_linear("1b", DType::f16, 512, 8192, 2048, all, false);
  for (const int rows : {2, 8, 64}) add_linear("storyteller", DType::f16, rows, 768, 256, 1, false);
  for (const int rows : {2, 8, 64}) add_linear("1b", DType::f16, rows, 2048, 2048, 1, false);
  for (const DType type : {DType::f32, DType::f16}) {
    add_attention(type, 1, 8, 4, 32, 256, 1);
    add_attention(type, 1, 32, 8, 64, 1024, 1);
    add_attention(type, 1, 32, 8, 64, 4096, all);
    add_attention(type, 512, 32, 8, 64, 512, 1);
    add_attention(type, 128, 8, 8, 128, 128, 1);
  }
  for (const int64_t size : {256, 2048, 4096})
    benchmark::RegisterBenchmark(("rms_norm/" + std::to_string(size)).c_str(),
                                 [=](benchmark::State& s) { rms_norm(s, 1, size); });
  for (const int64_t size : {512, 4096})
    benchmark::RegisterBenchmark(("softmax/" + std::to_string(size)).c_str(),
                                 [=](benchmark::State& s) { one_input(s, "softmax", 1, size); });
  for (const char* op : {"silu", "gelu", "exp"})
    benchmark::RegisterBenchmark((std::string(op) + "/4096").c_str(),
                                 [=](benchmark::State& s) { one_input(s, op, 1, 4096); });
  for (const char* op : {"add", "mul"})
    benchmark::RegisterBenchmark((std::string(op) + "/4096").c_str(),
                                 [=](benchmark::State& s) { two_inputs(s, op, 4096); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
