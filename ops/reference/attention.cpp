// attention, ragged_attention. One query row and head at a time, in the order of numerics.md, "Attention": tiles of 64
// keys from key 0 on, 64 running denominators, segments of 1024 keys merged in rising order.
#include <array>
#include <cmath>
#include <limits>

#include "ops/math/scalar.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

constexpr int64_t kTile = 64, kKeys = 1024;
template <class V>
constexpr V kNone = -std::numeric_limits<V>::infinity();

template <class V>
struct Settings {
  V scale, softcap;
  int64_t window;
};

// Keys lo … hi-1 may be seen; key s of the head stands in row `row(s)` of k and v.
struct Head {
  const TensorView &k, &v;
  int64_t first_row, row_step, lo, hi;
  [[nodiscard]] int64_t row(int64_t s) const { return first_row + s * row_step; }
};

// The mask of one query row and head: 0 shows, -inf hides, anything else is added.
template <class V>
struct Mask {
  const TensorView* view = nullptr;
  int64_t start = 0, stride = 0;
  [[nodiscard]] V at(int64_t s) const {
    if (!view) return 0;
    const auto m = load_element<V>(view->data, view->dtype, start + s * stride);
    return view->dtype == DType::boolean ? (m != 0 ? 0 : kNone<V>) : m;
  }
};

// Maximum, denominators and unnormalised output of a run of keys.
template <class V>
struct State {
  V m = kNone<V>;
  std::array<V, 64> l{};
  V* o;
  bool any = false;
};

template <class V>
void attend_tile(const Head& head, const Settings<V>& set, const Mask<V>& mask, const V* q, int64_t begin, int64_t end,
                 V* row, State<V>& st) {
  const int64_t dh = head.k.shape[head.k.shape.rank() - 1], dv = head.v.shape[head.v.shape.rank() - 1];
  std::array<V, kTile> p{};
  std::array<bool, kTile> visible{};
  V t = st.m;
  bool any = false;
  for (int64_t s = begin; s < end; ++s) {
    const auto j = static_cast<size_t>(s - begin);
    const V extra = mask.at(s);
    visible[j] = s >= head.lo && s < head.hi && extra != kNone<V>;
    if (!visible[j]) continue;
    p[j] = chain<V>(
        dh, [&](int64_t first, int64_t n, V* out) { load_row(head.k, head.row(s), first, n, out); },
        [&](int64_t first, int64_t n, V* out) { std::copy(q + first, q + first + n, out); });
    if (set.softcap > 0) p[j] = set.softcap * math::tanh(p[j] / set.softcap);
    if (mask.view && mask.view->dtype != DType::boolean) p[j] = p[j] + extra;
    t = std::max(t, p[j]);
    any = true;
  }
  if (!any) return;
  st.any = true;
  const V a = math::exp(st.m - t);
  st.m = t;
  for (size_t j = 0; j < kTile; ++j) {
    p[j] = visible[j] ? math::exp(p[j] - t) : V{0};
    st.l[j] = std::fma(st.l[j], a, p[j]);
  }
  for (int64_t d = 0; d < dv; ++d) st.o[d] = st.o[d] * a;
  for (int64_t s = begin; s < end; ++s) {
    const auto j = static_cast<size_t>(s - begin);
    if (!visible[j]) continue;
    load_row(head.v, head.row(s), 0, dv, row);
    for (int64_t d = 0; d < dv; ++d) st.o[d] = std::fma(p[j], row[d], st.o[d]);
  }
}

// Joins a later segment to what came before.
template <class V>
void merge(State<V>& all, const State<V>& next, int64_t dv) {
  if (!next.any) return;
  if (!all.any) {
    std::copy(next.o, next.o + dv, all.o);
    all.m = next.m;
    all.l = next.l;
    all.any = true;
    return;
  }
  const V t = std::max(all.m, next.m), a = math::exp(all.m - t), b = math::exp(next.m - t);
  for (size_t j = 0; j < 64; ++j) all.l[j] = std::fma(next.l[j], b, all.l[j] * a);
  for (int64_t d = 0; d < dv; ++d) all.o[d] = std::fma(next.o[d], b, all.o[d] * a);
  all.m = t;
}

// Numbers of scratch of one thread: q, a row of v, two outputs.
int64_t scratch_numbers(int64_t dh, int64_t dv) { return dh + 3 * dv; }

// q row `q_row` of x, output elements y_first … y_first+dv-1.
template <class V>
void attend(const Head& head, const Settings<V>& set, const Mask<V>& mask, const TensorView& x, int64_t q_row,
            const TensorView& y, int64_t y_first, V* scratch) {
  const int64_t dh = head.k.shape[head.k.shape.rank() - 1], dv = head.v.shape[head.v.shape.rank() - 1];
  V *q = scratch, *row = q + dh;
  load_row(x, q_row, 0, dh, q);
  for (int64_t d = 0; d < dh; ++d) q[d] = q[d] * set.scale;
  State<V> all, part;
  all.o = row + dv;
  part.o = all.o + dv;
  for (int64_t segment = head.lo / kKeys * kKeys; segment < head.hi; segment += kKeys) {
    part.m = kNone<V>;
    part.l.fill(0);
    part.any = false;
    std::fill(part.o, part.o + dv, V{0});
    const int64_t last = std::min(head.hi, segment + kKeys);
    for (int64_t tile = std::max(segment, head.lo / kTile * kTile); tile < last; tile += kTile)
      attend_tile(head, set, mask, q, tile, std::min(tile + kTile, last), row, part);
    merge(all, part, dv);
  }
  if (!all.any) {
    for (int64_t d = 0; d < dv; ++d) set_element(y, y_first + d, V{0});
    return;
  }
  Lanes<V> lanes;
  lanes.lane = all.l;
  const V sum = lanes.sum();
  for (int64_t d = 0; d < dv; ++d) set_element(y, y_first + d, all.o[d] / sum);
}

template <class V>
V scale_of(const KernelAttr& attr, int64_t dh) {
  return attr.given ? static_cast<V>(attr.f) : 1 / std::sqrt(static_cast<V>(dh));
}

// The mask is broadcast to [… H, T, S].
template <class V>
Mask<V> mask_row(const TensorView& view, int64_t batch, const Shape& lead, int64_t h, int64_t t) {
  Mask<V> m{&view, 0, 0};
  const int rank = view.shape.rank();
  const auto add = [&](int axis_from_end, int64_t index) {
    const int a = rank - axis_from_end;
    if (a >= 0 && view.shape[a] != 1) m.start += index * stride_of(view, a);
  };
  if (rank >= 1 && view.shape[rank - 1] != 1) m.stride = stride_of(view, rank - 1);
  add(2, t);
  add(3, h);
  for (int a = lead.rank() - 1; a >= 0; --a) {
    add(3 + lead.rank() - a, batch % lead[a]);
    batch /= lead[a];
  }
  return m;
}

template <class V>
bool attention_in(const KernelArgs& args) {
  const TensorView &q = args.inputs[0], &k = args.inputs[1], &v = args.inputs[2], &y = args.outputs[0];
  const int rank = q.shape.rank();
  const int64_t rows = q.shape[rank - 3], heads = q.shape[rank - 2], dh = q.shape[rank - 1];
  const int64_t keys = k.shape[rank - 3], groups = k.shape[rank - 2], dv = v.shape[rank - 1];
  const bool causal = args.attributes[0].i != 0;
  const Settings<V> set{scale_of<V>(args.attributes[2], dh), static_cast<V>(args.attributes[3].f),
                        args.attributes[1].i};
  if (heads > 0 && (groups == 0 || heads % groups != 0))
    return args.fail(Code::R0003,
                     "`attention`: " + std::to_string(heads) + " heads over " + std::to_string(groups) + " key heads");
  if (causal && rows > keys)
    return args.fail(Code::R0003,
                     "`attention`: " + std::to_string(rows) + " causal rows over " + std::to_string(keys) + " keys");
  Shape lead;
  for (int a = 0; a < rank - 3; ++a) lead.push_back(q.shape[a]);
  auto* scratch = reinterpret_cast<V*>(args.scratch);
  threads(args).run(lead.elements() * rows * heads, 1, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t h = i % heads, t = i / heads % rows, batch = i / heads / rows, place = keys - rows + t;
      // A window hides keys at or before place − window; causal what stands behind place.
      Head head{k, v, batch * keys * groups + h / (heads / groups), groups, 0, causal ? place + 1 : keys};
      if (set.window > 0 && set.window <= place) head.lo = place - set.window + 1;
      const Mask<V> mask = given(args, 3) ? mask_row<V>(args.inputs[3], batch, lead, h, t) : Mask<V>{};
      attend<V>(head, set, mask, q, i, y, i * dv, scratch + worker * scratch_numbers(dh, dv));
    }
  });
  return true;
}

template <class V>
bool ragged_in(const KernelArgs& args) {
  const TensorView &q = args.inputs[0], &k = args.inputs[1], &v = args.inputs[2], &y = args.outputs[0];
  const int64_t rows = q.shape[0], heads = q.shape[1], dh = q.shape[2];
  const int64_t slots = k.shape[0], keys = k.shape[1], groups = k.shape[2], dv = v.shape[3];
  const Settings<V> set{scale_of<V>(args.attributes[1], dh), static_cast<V>(args.attributes[2].f),
                        args.attributes[0].i};
  if (heads > 0 && (groups == 0 || heads % groups != 0))
    return args.fail(Code::R0003, "`ragged_attention`: " + std::to_string(heads) + " heads over " +
                                      std::to_string(groups) + " key heads");
  for (int64_t i = 0; i < rows; ++i) {
    const auto slot = element<int64_t>(args.inputs[3], i), position = element<int64_t>(args.inputs[4], i);
    if (slot < 0 || slot >= slots)
      return args.fail(Code::R0001, "`ragged_attention`: slot[" + std::to_string(i) + "] is " + std::to_string(slot) +
                                        ", k has " + std::to_string(slots));
    if (position < 0 || position >= keys)
      return args.fail(Code::R0001, "`ragged_attention`: position[" + std::to_string(i) + "] is " +
                                        std::to_string(position) + ", k has " + std::to_string(keys));
  }
  auto* scratch = reinterpret_cast<V*>(args.scratch);
  threads(args).run(rows * heads, 1, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t h = i % heads, place = element<int64_t>(args.inputs[4], i / heads);
      Head head{k,      v, element<int64_t>(args.inputs[3], i / heads) * keys * groups + h / (heads / groups),
                groups, 0, place + 1};
      if (set.window > 0 && set.window <= place) head.lo = place - set.window + 1;
      attend<V>(head, set, {}, q, i, y, i * dv, scratch + worker * scratch_numbers(dh, dv));
    }
  });
  return true;
}

uint64_t scratch(const KernelSite& site) {
  const Shape &q = site.inputs[0].shape, &v = site.inputs[2].shape;
  return static_cast<uint64_t>(site.threads) *
         static_cast<uint64_t>(scratch_numbers(q[q.rank() - 1], v[v.rank() - 1])) *
         (site.inputs[0].dtype == DType::f64 || site.outputs[0].dtype == DType::f64 ? sizeof(double) : sizeof(float));
}

bool attention(const KernelArgs& args) {
  return with_real(args, [&](auto zero) { return attention_in<decltype(zero)>(args); });
}
bool ragged_attention(const KernelArgs& args) {
  return with_real(args, [&](auto zero) { return ragged_in<decltype(zero)>(args); });
}

const Kernel kKernels[] = {
    {"attention", "attention.reference", Isa::portable, nullptr, scratch, attention},
    {"ragged_attention", "ragged_attention.reference", Isa::portable, nullptr, scratch, ragged_attention},
};

}  // namespace

KernelList attention_kernels() { return kKernels; }

}  // namespace openinfer::reference
