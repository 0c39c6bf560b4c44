// top_k, nms: what is largest first, of equals the lower index.
#include <algorithm>
#include <bit>
#include <cmath>

#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

struct Ranked {
  uint64_t key;  // rises with the value
  int64_t index;
  friend bool operator<(const Ranked& a, const Ranked& b) { return a.key != b.key ? a.key > b.key : a.index < b.index; }
};

uint64_t key_of(double x) {
  if (x != x) return 0;
  const auto u = std::bit_cast<uint64_t>(x + 0.0);  // -0 and +0 are equal
  return u >> 63 ? ~u : u | uint64_t{1} << 63;
}
uint64_t key_of(int64_t x) {
  return static_cast<uint64_t>(x) ^ uint64_t { 1 } << 63;
}
uint64_t key_of(uint64_t x) { return x; }

// A cell of the last axis as the key of its value; `offset` in elements.
uint64_t key_at(const TensorView& x, int64_t offset) {
  if (is_float(x.dtype)) return key_of(load_element<double>(x.data, x.dtype, offset));
  if (is_signed(x.dtype)) return key_of(load_element<int64_t>(x.data, x.dtype, offset));
  return key_of(load_element<uint64_t>(x.data, x.dtype, offset));
}

void copy_cell(const TensorView& x, int64_t from, const TensorView& y, int64_t to) {
  if (is_float(x.dtype)) return store_element(y.data, y.dtype, to, load_element<double>(x.data, x.dtype, from));
  store_element(y.data, y.dtype, to, load_element<uint64_t>(x.data, x.dtype, from));
}

bool top_k(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &values = args.outputs[0], &indices = args.outputs[1];
  const int rank = x.shape.rank();
  const int64_t n = x.shape[rank - 1], k = values.shape[rank - 1];
  if (k > n)
    return args.fail(Code::R0003, "`top_k`: k is " + std::to_string(k) + ", the last axis has " + std::to_string(n));
  auto* ranked = reinterpret_cast<Ranked*>(args.scratch);
  for (int64_t row = 0; row < leading(x, 1); ++row) {
    const int64_t start = row_start(x, row);
    for (int64_t i = 0; i < n; ++i) ranked[i] = {key_at(x, start + i * last_stride(x)), i};
    std::partial_sort(ranked, ranked + k, ranked + n);
    for (int64_t i = 0; i < k; ++i) {
      copy_cell(x, start + ranked[i].index * last_stride(x), values, row_start(values, row) + i * last_stride(values));
      store_element(indices.data, indices.dtype, row_start(indices, row) + i * last_stride(indices), ranked[i].index);
    }
  }
  return true;
}

uint64_t top_k_scratch(const KernelSite& site) {
  const Shape& s = site.inputs[0].shape;
  return static_cast<uint64_t>(s[s.rank() - 1]) * sizeof(Ranked);
}

struct Box {
  float x1, y1, x2, y2;
  [[nodiscard]] float area() const { return std::max(0.0f, x2 - x1) * std::max(0.0f, y2 - y1); }
};

Box box(const TensorView& boxes, int64_t i) {
  std::array<float, 4> b;
  load_row(boxes, i, 0, 4, b.data());
  return {b[0], b[1], b[2], b[3]};
}

// Intersection over union; 0 for a union of 0.
float overlap(const Box& a, const Box& b) {
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1), h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  const float both = std::max(0.0f, w) * std::max(0.0f, h), all = a.area() + b.area() - both;
  return all > 0 ? both / all : 0;
}

bool nms(const KernelArgs& args) {
  const TensorView &boxes = args.inputs[0], &score = args.inputs[1], &kept = args.outputs[0];
  const int64_t n = boxes.shape[0], limit = args.attributes[2].i, limit_each = args.attributes[3].i;
  const auto largest = static_cast<float>(args.attributes[0].f);
  const double least = args.attributes[1].f;
  const auto group = [&](int64_t i) { return given(args, 2) ? element<int64_t>(args.inputs[2], i) : 0; };
  auto* ranked = reinterpret_cast<Ranked*>(args.scratch);
  int64_t candidates = 0, count = 0;
  for (int64_t i = 0; i < n; ++i)
    if (const auto s = element<double>(score, i); s >= least) ranked[candidates++] = {key_of(s), i};  // NaN is not
  std::sort(ranked, ranked + candidates);
  // What is kept moves to the front of `ranked`.
  for (int64_t c = 0; c < candidates && (limit <= 0 || count < limit); ++c) {
    const int64_t i = ranked[c].index;
    int64_t same_group = 0;
    bool hidden = false;
    for (int64_t k = 0; k < count && !hidden; ++k) {
      if (group(ranked[k].index) != group(i)) continue;
      ++same_group;
      hidden = overlap(box(boxes, ranked[k].index), box(boxes, i)) > largest;
    }
    if (!hidden && (limit_each <= 0 || same_group < limit_each)) ranked[count++] = ranked[c];
  }
  const int64_t room = kept.elements();
  for (int64_t k = 0; k < std::min(count, room); ++k) set_element(kept, k, ranked[k].index);
  if (args.length) *args.length = count;
  if (!args.length && count != room)
    return args.fail(Code::R0003, "`nms` kept " + std::to_string(count) + " boxes, its result is declared with " +
                                      std::to_string(room));
  return true;
}

uint64_t nms_scratch(const KernelSite& site) { return static_cast<uint64_t>(site.inputs[0].shape[0]) * sizeof(Ranked); }

const Kernel kKernels[] = {
    {"nms", "nms.reference", Isa::portable, nullptr, nms_scratch, nms},
    {"top_k", "top_k.reference", Isa::portable, nullptr, top_k_scratch, top_k},
};

}  // namespace

KernelList sort_kernels() { return kKernels; }

}  // namespace openinfer::reference
