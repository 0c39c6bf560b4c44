#include "tests/ops/cpu/kernel_case.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "ops/cpu/machine.h"
#include "ops/element.h"
#include "tests/ops/cpu/block_values.h"
#include "tests/ops/cpu/math_cases.h"

namespace openinfer::test {
namespace {

// The place of element [row, k] of panel16 (docs/spec/oinf.md), for the float types.
int64_t panel_place(DType dtype, int64_t depth, int64_t row, int64_t k) {
  if (dtype == DType::bf16) return ((row / 16 * ((depth + 1) / 2) + k / 2) * 16 + row % 16) * 2 + k % 2;
  return (row / 16 * depth + k) * 16 + row % 16;
}

int64_t panel_elements(DType dtype, const Shape& shape) {
  const int64_t depth = shape[shape.rank() - 1], rows = shape.elements() / (depth > 0 ? depth : 1);
  const int64_t stored = dtype == DType::bf16 ? (depth + 1) / 2 * 2 : depth;
  return (rows + 15) / 16 * 16 * stored;
}

std::vector<KernelAttr> attributes_of(const OpSchema& op, const std::vector<Attribute>& given) {
  std::vector<KernelAttr> all;
  for (const AttrSpec& spec : op.attributes) {
    KernelAttr attr;
    attr.given = false;
    const auto set = [&](double v) {
      attr.given = true;
      attr.f = v;
      attr.i = std::fabs(v) < 0x1p62 ? static_cast<int64_t>(v) : 0;  // infinity is no integer
    };
    if (spec.default_integer) set(static_cast<double>(*spec.default_integer));
    if (const auto* b = std::get_if<bool>(&spec.default_value)) set(*b ? 1 : 0);
    if (const auto* d = std::get_if<double>(&spec.default_value)) set(*d);
    if (const auto* s = std::get_if<std::string>(&spec.default_value)) {
      for (size_t i = 0; i < spec.choices.size(); ++i)
        if (spec.choices[i] == *s) set(static_cast<double>(i));
    }
    for (const Attribute& a : given)
      if (a.name == spec.name) {
        set(a.value);
        attr.list = a.list;
      }
    all.push_back(attr);
  }
  return all;
}

struct Outcome {
  bool good = false;
  std::string fault;
  std::vector<std::vector<std::byte>> outputs;
};

Outcome run(const Kernel& kernel, KernelSite site, Parallel& threads, std::vector<Tensor> inputs,
            std::vector<Tensor> outputs, bool in_place) {
  site.threads = threads.threads();
  const uint64_t bytes = kernel.scratch != nullptr ? kernel.scratch(site) : 0;
  // Exactly as much as was asked for, on a boundary of 64 bytes.
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  const std::unique_ptr<std::byte, Free> scratch(
      static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64)));
  std::memset(scratch.get(), 0xA5, bytes);
  std::vector<TensorView> in, out;
  for (Tensor& t : inputs) in.push_back(t.view());
  for (Tensor& t : outputs) {
    t.clear(std::byte{0x5A});
    out.push_back(t.view());
  }
  if (in_place) out[0] = in[0];
  KernelFault fault;
  KernelArgs args{in, out, site.attributes, scratch.get(), &threads, &fault};
  Outcome outcome;
  outcome.good = kernel.run(args);
  outcome.fault = fault.message;
  if (in_place) outputs[0] = inputs[0];
  for (const Tensor& t : outputs) outcome.outputs.push_back(t.bytes());
  return outcome;
}

std::string difference(const Outcome& got, const Outcome& want) {
  if (got.good != want.good)
    return got.good ? "succeeded where the reference failed: " + want.fault : "failed: " + got.fault;
  if (!want.good) return "";  // what a failed step leaves behind is not compared
  for (size_t i = 0; i < want.outputs.size(); ++i) {
    size_t bad = 0, first = 0;
    for (size_t b = want.outputs[i].size(); b-- > 0;)
      if (got.outputs[i][b] != want.outputs[i][b]) ++bad, first = b;
    if (bad != 0) {
      std::string text = "output " + std::to_string(i) + ": " + std::to_string(bad) + " bytes differ, the first at " +
                         std::to_string(first);
      if (want.outputs[i].size() % 4 == 0) {
        float g = 0, w = 0;
        std::memcpy(&g, &got.outputs[i][first / 4 * 4], 4);
        std::memcpy(&w, &want.outputs[i][first / 4 * 4], 4);
        text += " (as f32: " + std::to_string(g) + ", wanted " + std::to_string(w) + ")";
      }
      return text;
    }
  }
  return "";
}

}  // namespace

Tensor::Tensor(DType dtype, const Shape& shape, Layout layout)
    : dtype_(dtype), layout_(layout), shape_(shape), given_(true) {
  strides_ = TensorView::dense(nullptr, dtype, shape).strides;
  if (is_block(dtype)) {
    bytes_.resize(payload_bytes(dtype, layout, shape).value_or(0));
    return;
  }
  const int64_t n = layout == Layout::panel16 ? panel_elements(dtype, shape) : shape.elements();
  bytes_.resize(static_cast<size_t>(n) * element_bytes(dtype));
}

Tensor Tensor::spread(DType dtype, const Shape& shape, int64_t spread, uint64_t seed) {
  Shape table = shape;
  table[0] *= spread;
  Tensor whole(dtype, table);
  whole.random(seed);
  whole.shape_ = shape;
  for (int a = 0; a + 1 < shape.rank(); ++a) whole.strides_[static_cast<size_t>(a)] *= a == 0 ? spread : 1;
  whole.dense_ = spread == 1;
  return whole;
}

Tensor& Tensor::random(uint64_t seed, double size, int64_t limit) {
  Sequence sequence{seed * 0x9E3779B97F4A7C15u + 77};
  if (is_block(dtype_)) {
    bytes_ = block_values(dtype_, shape_, layout_, size, sequence);
    return *this;
  }
  const auto value = [&]() -> double {
    const uint64_t r = sequence.next();
    if (!is_float(dtype_)) return static_cast<double>(r % static_cast<uint64_t>(limit));
    // Four uniform terms: bell-shaped, with all bits of an f32 in use.
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<double>(static_cast<int16_t>(r >> (16 * i))) * 0x1p-15;
    return sum * size * (1 + static_cast<double>(r & 0xFFFF) * 0x1p-24);
  };
  if (layout_ == Layout::panel16) {  // padding stays zero
    const int64_t depth = shape_[shape_.rank() - 1], rows = shape_.elements() / (depth > 0 ? depth : 1);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t k = 0; k < depth; ++k) set(panel_place(dtype_, depth, r, k), value());
  } else {
    for (int64_t i = 0; i < static_cast<int64_t>(bytes_.size() / element_bytes(dtype_)); ++i) set(i, value());
  }
  return *this;
}

Tensor& Tensor::blocks_of(std::byte with) {
  clear(with);
  const uint16_t one = math::f16_of_f32(1.0f);
  for (size_t at = 0; at < bytes_.size(); at += info(dtype_).block_bytes)
    for (const int place : half_places(dtype_))
      if (place >= 0) std::memcpy(bytes_.data() + at + static_cast<size_t>(place), &one, 2);
  return *this;
}

Tensor& Tensor::spiced(uint64_t seed, int every) {
  random(seed);
  const double inf = std::numeric_limits<double>::infinity(),
               specials[] = {std::nan(""), inf, -inf, 0.0, -0.0, 0x1p-130, -0x1p-149, 3e38, -3e38, 1e-20};
  Sequence sequence{seed};
  const auto n = static_cast<int64_t>(bytes_.size() / element_bytes(dtype_));
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t r = sequence.next();
    if (r % static_cast<uint64_t>(every) == 0 && layout_ == Layout::rowmajor) set(i, specials[(r >> 32) % 10]);
  }
  return *this;
}

Tensor& Tensor::set(int64_t index, double value) {
  if (is_float(dtype_)) {
    store_element(bytes_.data(), dtype_, index, value);
  } else {
    store_element(bytes_.data(), dtype_, index, static_cast<int64_t>(value));
  }
  return *this;
}

TensorView Tensor::view() {
  TensorView v;
  v.data = given_ ? bytes_.data() : nullptr;
  if (given_ && bytes_.empty()) v.data = reinterpret_cast<std::byte*>(this);  // no elements, but given
  v.dtype = dtype_;
  v.layout = layout_;
  v.shape = shape_;
  v.strides = strides_;
  return v;
}

KernelOperand Tensor::operand() const { return {dtype_, layout_, shape_, dense_, given_}; }

void Tensor::clear(std::byte with) { std::fill(bytes_.begin(), bytes_.end(), with); }

int instruction_sets() {
  int n = 0;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512, Isa::neon}) n += cpu::machine_has(isa) ? 1 : 0;
  return n;
}

void Backwards::dispatch(int64_t items, int64_t grain, Call call, void* body) {
  const int64_t unit = grain > 0 ? grain : 1, units = (items + unit - 1) / unit;
  int64_t end = units;
  for (int worker = threads_ - 1; worker >= 0 && end > 0; --worker) {
    const int64_t begin = worker == 0 ? 0 : end - (end + 1) / 2;
    call(body, begin * unit, end * unit < items ? end * unit : items, worker);
    end = begin;
  }
}

Compared compare_kernels(std::string_view op, std::vector<Tensor> inputs, std::vector<Tensor> outputs,
                         const std::vector<Attribute>& attributes, bool in_place) {
  Compared compared;
  const OpSchema* schema = find_op(op);
  if (schema == nullptr) return {0, "no such op"};
  std::vector<KernelOperand> in, out;
  for (const Tensor& t : inputs) in.push_back(t.operand());
  for (const Tensor& t : outputs) out.push_back(t.operand());
  const std::vector<KernelAttr> attrs = attributes_of(*schema, attributes);
  const KernelSite site{schema, in, out, attrs, 1};
  const std::vector<const Kernel*> kernels = kernels_of(op);
  const auto is_reference = [](const Kernel& k) { return k.name.find(".reference") != std::string_view::npos; };
  const Kernel* reference = nullptr;
  for (const Kernel* k : kernels)
    if (is_reference(*k)) reference = k;
  if (reference == nullptr) return {0, "no reference kernel"};
  Serial serial;
  const Outcome want = run(*reference, site, serial, inputs, outputs, in_place);
  for (const Kernel* k : kernels) {
    if (is_reference(*k) || !cpu::machine_has(k->isa) || (k->supports != nullptr && !k->supports(site))) continue;
    bool same = true;
    for (const int workers : {1, 3}) {
      Backwards threads(workers);
      const std::string wrong = difference(run(*k, site, threads, inputs, outputs, in_place), want);
      if (wrong.empty()) continue;
      same = false;
      compared.wrong += std::string(k->name) + ", " + std::to_string(workers) + " workers: " + wrong + "\n";
    }
    compared.kernels += same ? 1 : 0;
  }
  return compared;
}

}  // namespace openinfer::test
