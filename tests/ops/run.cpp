#include "run.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "ops/philox.h"

namespace openinfer::test {
namespace {

KernelAttr kernel_attr(const AttrSpec& spec, const AttrValue& value, const DimTable& dims, std::vector<int64_t>& list) {
  KernelAttr a;
  a.given = !std::holds_alternative<std::monostate>(value);
  if (const bool* b = std::get_if<bool>(&value)) a.f = static_cast<double>(a.i = *b);
  if (const double* d = std::get_if<double>(&value)) {
    a.f = *d;
    a.i = std::fabs(*d) < 0x1p63 ? static_cast<int64_t>(*d) : 0;
  }
  if (const DType* t = std::get_if<DType>(&value)) a.f = static_cast<double>(a.i = static_cast<int64_t>(*t));
  if (const std::string* w = std::get_if<std::string>(&value))
    for (size_t c = 0; c < spec.choices.size(); ++c)
      if (spec.choices[c] == *w) a.f = static_cast<double>(a.i = static_cast<int64_t>(c));
  if (const Dim* d = std::get_if<Dim>(&value)) {
    a.i = dims.value(*d).value_or(0);
    a.f = static_cast<double>(a.i);
    list = {a.i};
  }
  if (const auto* ds = std::get_if<std::vector<Dim>>(&value))
    for (Dim d : *ds) list.push_back(dims.value(d).value_or(0));
  a.list = list;
  return a;
}

constexpr size_t kGuard = 64;  // bytes behind what a kernel may write
constexpr std::byte kGuardByte{0xA7};

// The same elements, each second one of a buffer twice as large.
struct Spread {
  std::vector<std::byte> bytes;
  TensorView view;
  Spread(TensorView dense) : view(dense) {
    const size_t size = element_bytes(dense.dtype);
    bytes.resize(static_cast<size_t>(dense.elements()) * size * 2 + 8, std::byte{0x55});
    for (int64_t i = 0; i < dense.elements(); ++i)
      std::memcpy(bytes.data() + static_cast<size_t>(i) * size * 2, dense.data + static_cast<size_t>(i) * size, size);
    view.data = bytes.data();
    for (auto& s : view.strides) s *= 2;
  }
  void gather(Tensor& into) const {
    const size_t size = element_bytes(into.dtype);
    for (int64_t i = 0; i < into.size(); ++i)
      std::memcpy(into.bytes.data() + static_cast<size_t>(i) * size, bytes.data() + static_cast<size_t>(i) * size * 2,
                  size);
  }
};

}  // namespace

const Kernel* plain_kernel(std::string_view op) {
  for (const Kernel* k : kernels_of(op))
    if (k->name == std::string(op) + ".reference") return k;
  return nullptr;
}

Ran run(std::string_view op, std::vector<Tensor> inputs, const Attributes& attributes, const Options& options) {
  Ran r;
  const OpSchema* schema = find_op(op);
  const Kernel* kernel = options.kernel ? options.kernel : plain_kernel(op);
  if (!schema || !kernel) {
    r.codes = "no such op or kernel";
    return r;
  }
  DimTable dims;
  OpSite site{dims, *schema, {}, {}, {}, {}, {}, {}, {}, {}};
  const auto type_of = [&](DType t, const Shape& s) {
    OperandType o;
    o.dtype = t;
    o.shape.emplace();
    for (int64_t d : s) o.shape->push_back(dims.constant(d));
    return o;
  };
  for (const Tensor& in : inputs) site.inputs.push_back(type_of(in.dtype, in.shape));
  for (const auto& [t, s] : options.outputs) site.declared.push_back(type_of(t, s));
  if (options.outputs.empty()) site.declared.emplace_back();
  site.attributes.resize(schema->attributes.size());
  for (const auto& [name, value] : attributes)
    site.attributes.at(static_cast<size_t>(schema->attribute_index(name))) = value;
  for (const auto& [name, value] : options.integers)
    site.attributes.at(static_cast<size_t>(schema->attribute_index(name))) = dims.constant(value);
  for (const auto& [name, values] : options.lists) {
    std::vector<Dim> list;
    for (int64_t v : values) list.push_back(dims.constant(v));
    site.attributes.at(static_cast<size_t>(schema->attribute_index(name))) = list;
  }
  fill_defaults(site);
  check_op(site);
  for (const OpIssue& i : site.issues) r.codes += (r.codes.empty() ? "" : " ") + std::string(code_name(i.code));
  if (!site.issues.empty()) return r;

  for (const OperandType& t : site.results) {
    Shape s;
    if (t.shape)
      for (Dim d : *t.shape) s.push_back(dims.value(d).value_or(-1));
    const auto elements = s.elements_checked();
    if (!t.shape || !elements || *elements > options.most_elements) {
      r.codes = t.shape ? "too large" : "no shape";
      return r;
    }
    r.outputs.emplace_back(t.dtype.value_or(DType::f32), s);
    r.outputs.back().bytes.resize(r.outputs.back().bytes.size() + kGuard, kGuardByte);
  }
  std::vector<std::vector<int64_t>> lists(site.attributes.size());
  std::vector<KernelAttr> attrs;
  for (size_t i = 0; i < site.attributes.size(); ++i)
    attrs.push_back(kernel_attr(schema->attributes[i], site.attributes[i], dims, lists[i]));

  std::vector<TensorView> in, out;
  std::vector<std::unique_ptr<Spread>> spread;
  for (Tensor& t : inputs) {
    if (options.strided && is_plain(t.dtype)) spread.push_back(std::make_unique<Spread>(t.view()));
    in.push_back(options.strided && is_plain(t.dtype) ? spread.back()->view : t.view());
  }
  while (in.size() < schema->inputs.size()) in.emplace_back();
  const size_t first_out = spread.size();
  for (Tensor& t : r.outputs) {
    if (options.strided && is_plain(t.dtype)) spread.push_back(std::make_unique<Spread>(t.view()));
    out.push_back(options.strided && is_plain(t.dtype) ? spread.back()->view : t.view());
  }
  if (options.in_place) out[0] = in[0];

  KernelSite ks;
  ks.op = schema;
  std::vector<KernelOperand> kin, kout;
  for (const TensorView& v : in) kin.push_back({v.dtype, v.layout, v.shape, v.contiguous(), v.data != nullptr});
  for (const TensorView& v : out) kout.push_back({v.dtype, v.layout, v.shape, v.contiguous(), true});
  ks.inputs = kin;
  ks.outputs = kout;
  ks.attributes = attrs;
  if (kernel->supports && !kernel->supports(ks)) {
    r.codes = "not supported";
    return r;
  }
  const uint64_t scratch_bytes = kernel->scratch ? kernel->scratch(ks) : 0;
  if (scratch_bytes / 64 > static_cast<uint64_t>(options.most_elements)) {
    r.codes = "too large";
    return r;
  }
  std::vector<std::max_align_t> scratch(scratch_bytes / sizeof(std::max_align_t) + 1 + kGuard);
  auto* const behind = reinterpret_cast<std::byte*>(scratch.data()) + scratch_bytes;
  std::fill(behind, behind + kGuard, kGuardByte);
  Serial serial;
  KernelArgs args;
  args.inputs = in;
  args.outputs = out;
  args.attributes = attrs;
  args.scratch = reinterpret_cast<std::byte*>(scratch.data());
  args.parallel = &serial;
  args.fault = &r.fault;
  if (schema->runtime_shape && options.outputs.empty()) args.length = &r.found;
  r.ok = kernel->run(args);
  const auto holds = [](const std::byte* guard) {
    return std::all_of(guard, guard + kGuard, [](std::byte b) { return b == kGuardByte; });
  };
  r.guards_hold = holds(behind);
  for (Tensor& t : r.outputs) {
    r.guards_hold = r.guards_hold && holds(t.bytes.data() + t.bytes.size() - kGuard);
    t.bytes.resize(t.bytes.size() - kGuard);
  }
  if (options.in_place) r.outputs[0] = inputs[0];
  size_t next = first_out;
  if (options.strided && !options.in_place)
    for (size_t o = 0; o < r.outputs.size(); ++o)
      if (is_plain(r.outputs[o].dtype)) spread[next++]->gather(r.outputs[o]);
  if (options.strided && options.in_place && is_plain(r.outputs[0].dtype)) spread[0]->gather(r.outputs[0]);
  return r;
}

Tensor random_tensor(DType dtype, Shape shape, uint64_t seed, double scale) {
  Tensor t(dtype, shape);
  for (int64_t i = 0; i < t.size(); ++i)
    t.set(i, (2.0 * unit_float(philox(seed, static_cast<uint64_t>(i))[0]) - 1) * scale);
  return t;
}

}  // namespace openinfer::test
