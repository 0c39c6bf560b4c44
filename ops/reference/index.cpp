// Ops that read or write by index: embedding, index_add, isin, common_prefix, nonzero.
#include <cstring>

#include "ops/reference/lists.h"
#include "ops/reference/rows.h"
#include "ops/value.h"

namespace openinfer::reference {
namespace {

bool embedding(const KernelArgs& args) {
  const TensorView &ids = args.inputs[0], &y = args.outputs[0];
  const Weight weight(args.inputs[1]);
  const int64_t rows = args.inputs[1].shape[0], size = weight.k();
  for (int64_t i = 0; i < ids.elements(); ++i) {
    const auto id = element<int64_t>(ids, i);
    if (id < 0 || id >= rows)
      return args.fail(Code::R0001, "`embedding`: id " + std::to_string(id) + " at place " + std::to_string(i) +
                                        ", weight has " + std::to_string(rows) + " rows");
  }
  const auto copy = [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(ids.elements(), 1, [&](int64_t begin, int64_t end, int) {
      std::array<V, 256> row;
      for (int64_t i = begin; i < end; ++i)
        for (int64_t first = 0; first < size; first += 256) {
          const int64_t n = std::min<int64_t>(256, size - first);
          weight.load(element<int64_t>(ids, i), first, n, row.data());
          store_elements(y.data, y.dtype, row_start(y, i) + first * last_stride(y), last_stride(y), n, row.data());
        }
    });
  };
  y.dtype == DType::f64 ? copy(double{}) : copy(float{});
  return true;
}

bool embedding_layout(const KernelSite& site) { return weight_is_read(site.inputs[1]); }

enum class With { add, mul, max, min };

template <class Value, class Raw>
void add_rows(const KernelArgs& args, With with) {
  const TensorView &x = args.inputs[0], &index = args.inputs[1], &v = args.inputs[2], &y = args.outputs[0];
  using elementwise::maximum;
  using elementwise::minimum;
  for (int64_t i = 0; i < x.elements(); ++i) set_element(y, i, element<Raw>(x, i));
  const int64_t row = index.elements() == 0 ? 0 : v.elements() / index.elements();
  for (int64_t i = 0; i < index.elements(); ++i)
    for (int64_t c = 0; c < row; ++c) {
      const int64_t at = element<int64_t>(index, i) * row + c;
      const Value a{element<Raw>(y, at)}, b{element<Raw>(v, i * row + c)};
      Value r = a;
      if (with == With::add) r = a + b;
      if (with == With::mul) r = a * b;
      if (with == With::max) r = maximum(a, b);
      if (with == With::min) r = minimum(a, b);
      set_element(y, at, r.v);
    }
}

bool index_add(const KernelArgs& args) {
  const TensorView& index = args.inputs[1];
  const int64_t rows = args.inputs[0].shape[0];
  for (int64_t i = 0; i < index.elements(); ++i) {
    const auto at = element<int64_t>(index, i);
    if (at < 0 || at >= rows)
      return args.fail(Code::R0001, "`index_add`: index[" + std::to_string(i) + "] is " + std::to_string(at) +
                                        ", x has " + std::to_string(rows) + " rows");
  }
  const auto with = static_cast<With>(args.attributes[0].i);
  const DType t = args.inputs[0].dtype;
  if (t == DType::f64) {
    add_rows<F64, double>(args, with);
  } else if (is_float(t)) {
    add_rows<portable::F32, float>(args, with);
  } else if (is_signed(t)) {
    add_rows<I64, int64_t>(args, with);
  } else {
    add_rows<U64, uint64_t>(args, with);
  }
  return true;
}

bool isin(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &set = args.inputs[1], &y = args.outputs[0];
  for (int64_t i = 0; i < x.elements(); ++i) {
    bool found = false;
    for (int64_t j = 0; j < set.elements() && !found; ++j) found = element<int64_t>(x, i) == element<int64_t>(set, j);
    set_element<uint64_t>(y, i, found);
  }
  return true;
}

bool common_prefix(const KernelArgs& args) {
  const TensorView &a = args.inputs[0], &b = args.inputs[1];
  int64_t p = 0;
  while (p < a.elements() && p < b.elements() && element<int64_t>(a, p) == element<int64_t>(b, p)) ++p;
  set_element(args.outputs[0], 0, p);
  return true;
}

bool nonzero(const KernelArgs& args) {
  const TensorView& x = args.inputs[0];
  const int64_t room = args.outputs.empty() ? 0 : args.outputs[0].elements();
  int64_t count = 0;
  for (int64_t i = 0; i < x.elements(); ++i) {
    if (element<uint64_t>(x, i) == 0) continue;
    int64_t rest = i;
    for (int a = x.shape.rank() - 1; a >= 0; --a) {
      if (count < room) set_element(args.outputs[static_cast<size_t>(a)], count, rest % x.shape[a]);
      rest /= x.shape[a];
    }
    ++count;
  }
  if (args.length) *args.length = count;
  if (!args.length && count != room)
    return args.fail(Code::R0003, "`nonzero` found " + std::to_string(count) + " cells, its result is declared with " +
                                      std::to_string(room));
  return true;
}

const Kernel kKernels[] = {
    {"common_prefix", "common_prefix.reference", Isa::portable, nullptr, nullptr, common_prefix},
    {"embedding", "embedding.reference", Isa::portable, embedding_layout, nullptr, embedding},
    {"index_add", "index_add.reference", Isa::portable, nullptr, nullptr, index_add},
    {"isin", "isin.reference", Isa::portable, nullptr, nullptr, isin},
    {"nonzero", "nonzero.reference", Isa::portable, nullptr, nullptr, nonzero},
};

}  // namespace

KernelList index_kernels() { return kKernels; }

}  // namespace openinfer::reference
