#include "runtime/cpu/move.h"

#include <algorithm>
#include <cstring>

#include "ops/blocks.h"
#include "ops/element.h"

namespace openinfer::cpu {
namespace {

// Two strided places of one shape, with axes merged where both are dense over each other.
struct Pair {
  int rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t from[kMaxRank] = {};  // strides in elements; 0 broadcasts
  int64_t to[kMaxRank] = {};
};

Pair merge(const TensorView& from, const TensorView& to) {
  Pair p;
  const int lead = to.shape.rank() - from.shape.rank();
  for (int i = 0; i < to.shape.rank(); ++i) {
    const int64_t n = to.shape[i];
    if (n == 1) continue;
    const int64_t f = i < lead || from.shape[i - lead] == 1 ? 0 : from.strides[static_cast<size_t>(i - lead)];
    const int64_t t = to.strides[static_cast<size_t>(i)];
    if (p.rank > 0 && p.from[p.rank - 1] == f * n && p.to[p.rank - 1] == t * n) {
      p.shape[p.rank - 1] *= n;
      p.from[p.rank - 1] = f;
      p.to[p.rank - 1] = t;
      continue;
    }
    p.shape[p.rank] = n;
    p.from[p.rank] = f;
    p.to[p.rank] = t;
    ++p.rank;
  }
  if (p.rank == 0) {
    p.rank = 1;
    p.shape[0] = 1;
    p.from[0] = p.to[0] = 1;
  }
  return p;
}

// Calls row(from offset, to offset) for every row of the last axis.
template <class Row>
void rows(const Pair& p, Row&& row) {
  int64_t at[kMaxRank] = {};
  int64_t f = 0, t = 0;
  while (true) {
    row(f, t);
    int axis = p.rank - 2;
    for (; axis >= 0; --axis) {
      f += p.from[axis];
      t += p.to[axis];
      if (++at[axis] < p.shape[axis]) break;
      f -= p.from[axis] * p.shape[axis];
      t -= p.to[axis] * p.shape[axis];
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

template <class T>
void copy_row(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride, int64_t n) {
  const T* f = reinterpret_cast<const T*>(from);
  T* t = reinterpret_cast<T*>(to);
  if (from_stride == 1 && to_stride == 1) {
    std::memmove(t, f, static_cast<size_t>(n) * sizeof(T));
  } else if (from_stride == 0) {
    for (int64_t i = 0; i < n; ++i) t[i * to_stride] = *f;
  } else {
    for (int64_t i = 0; i < n; ++i) t[i * to_stride] = f[i * from_stride];
  }
}

void convert_row(const std::byte* from, DType from_type, int64_t first, int64_t from_stride, std::byte* to,
                 DType to_type, int64_t to_first, int64_t to_stride, int64_t n) {
  constexpr int64_t kChunk = 256;
  double wide[kChunk];
  float narrow[kChunk];
  // Blocks are rounded from f32.
  const bool f64 = (from_type == DType::f64 || to_type == DType::f64) && !is_block(to_type);
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t m = std::min(kChunk, n - i);
    if (f64) {
      load_elements<double>(from, from_type, first + i * from_stride, from_stride, m, wide);
      store_elements<double>(to, to_type, to_first + i * to_stride, to_stride, m, wide);
    } else {
      load_elements<float>(from, from_type, first + i * from_stride, from_stride, m, narrow);
      if (to_type == DType::q8_0)
        store_q8_0(to, to_first + i, m, narrow);
      else
        store_elements<float>(to, to_type, to_first + i * to_stride, to_stride, m, narrow);
    }
  }
}

// The sub-view of `v` that is left when the `count` axes from `axis` are taken out; their strides go to `strides`.
TensorView without(const TensorView& v, int axis, int count) {
  TensorView r = v;
  r.shape = Shape();
  int k = 0;
  for (int i = 0; i < v.shape.rank(); ++i) {
    if (i >= axis && i < axis + count) continue;
    r.shape.push_back(v.shape[i]);
    r.strides[static_cast<size_t>(k++)] = v.strides[static_cast<size_t>(i)];
  }
  return r;
}

// Walks the index vectors: call(position in the vectors, element offset in `v` of the indexed axes).
template <class Call>
bool walk(const TensorView& v, std::span<const TensorView> vectors, int axis, KernelFault& fault, Call&& call) {
  const int64_t n = vectors[0].shape[0];
  for (const TensorView& x : vectors)
    if (x.shape[0] != n) {
      fault.code = Code::R0003;
      fault.message =
          "index vectors have different lengths: " + std::to_string(n) + " and " + std::to_string(x.shape[0]);
      return false;
    }
  for (int64_t j = 0; j < n; ++j) {
    int64_t offset = 0;
    for (size_t k = 0; k < vectors.size(); ++k) {
      const int64_t index = load_element<int64_t>(vectors[k].data, vectors[k].dtype, j * vectors[k].strides[0]);
      const int64_t extent = v.shape[axis + static_cast<int>(k)];
      if (index < 0 || index >= extent) {
        fault.code = Code::R0001;
        fault.message = "index " + std::to_string(index) + ", element " + std::to_string(j) +
                        (vectors.size() > 1 ? " of index vector " + std::to_string(k) : std::string()) +
                        ", is out of range: axis " + std::to_string(axis + static_cast<int>(k)) + " has " +
                        std::to_string(extent);
        return false;
      }
      offset += index * v.strides[static_cast<size_t>(axis) + k];
    }
    call(j, offset);
  }
  return true;
}

// Parts of block types are dense (executor_places.cpp); leading axes may be broadcast.
void copy_blocks(const TensorView& from, const TensorView& to) {
  const auto bytes = [](const TensorView& v) {
    return storage_bytes(v.dtype, static_cast<uint64_t>(v.elements()),
                         static_cast<uint64_t>(v.shape[v.shape.rank() - 1]))
        .value_or(0);
  };
  const uint64_t some = bytes(from), all = bytes(to);
  for (uint64_t at = 0; some != 0 && at + some <= all; at += some) std::memmove(to.data + at, from.data, some);
}

}  // namespace

void copy(const TensorView& from, const TensorView& to) {
  for (int64_t d : to.shape)
    if (d == 0) return;
  if (from.dtype == to.dtype && is_block(to.dtype)) return copy_blocks(from, to);
  const Pair p = merge(from, to);
  const int last = p.rank - 1;
  if (from.dtype == to.dtype && is_plain(to.dtype)) {
    const auto bytes = static_cast<int64_t>(element_bytes(to.dtype));
    rows(p, [&](int64_t f, int64_t t) {
      const std::byte* a = from.data + f * bytes;
      std::byte* b = to.data + t * bytes;
      switch (bytes) {
        case 1:
          return copy_row<uint8_t>(a, p.from[last], b, p.to[last], p.shape[last]);
        case 2:
          return copy_row<uint16_t>(a, p.from[last], b, p.to[last], p.shape[last]);
        case 4:
          return copy_row<uint32_t>(a, p.from[last], b, p.to[last], p.shape[last]);
        default:
          return copy_row<uint64_t>(a, p.from[last], b, p.to[last], p.shape[last]);
      }
    });
    return;
  }
  rows(p, [&](int64_t f, int64_t t) {
    convert_row(from.data, from.dtype, f, p.from[last], to.data, to.dtype, t, p.to[last], p.shape[last]);
  });
}

bool gather(const TensorView& from, std::span<const TensorView> vectors, int axis, const TensorView& to,
            KernelFault& fault) {
  const TensorView rest = without(from, axis, static_cast<int>(vectors.size())), out = without(to, axis, 1);
  const auto bytes = static_cast<int64_t>(element_bytes(from.dtype));
  return walk(from, vectors, axis, fault, [&](int64_t j, int64_t offset) {
    TensorView a = rest, b = out;
    a.data = from.data + offset * bytes;
    b.data = to.data + j * to.strides[static_cast<size_t>(axis)] * bytes;
    copy(a, b);
  });
}

bool scatter(const TensorView& from, std::span<const TensorView> vectors, int axis, const TensorView& to,
             KernelFault& fault) {
  const int count = static_cast<int>(vectors.size());
  const TensorView rest = without(to, axis, count);
  const auto to_bytes = static_cast<int64_t>(element_bytes(to.dtype)),
             from_bytes = static_cast<int64_t>(element_bytes(from.dtype));
  // The value is broadcast to the place's shape, in which the vectors' axis stands at `axis`.
  TensorView value = from;
  const int place_rank = rest.shape.rank() + 1;
  value.shape = Shape();
  std::array<int64_t, kMaxRank> strides{};
  const int lead = place_rank - from.shape.rank();
  for (int i = 0; i < place_rank; ++i) {
    const int64_t n = i == axis ? vectors[0].shape[0] : rest.shape[i < axis ? i : i - 1];
    const bool wide = i < lead || from.shape[i - lead] == 1;
    value.shape.push_back(n);
    strides[static_cast<size_t>(i)] = wide ? 0 : from.strides[static_cast<size_t>(i - lead)];
  }
  value.strides = strides;
  const TensorView part = without(value, axis, 1);
  return walk(to, vectors, axis, fault, [&](int64_t j, int64_t offset) {
    TensorView a = part, b = rest;
    a.data = from.data + j * value.strides[static_cast<size_t>(axis)] * from_bytes;
    b.data = to.data + offset * to_bytes;
    copy(a, b);
  });
}

void fill(const TensorView& to, std::span<const std::byte, 8> pattern) {
  if (to.elements() == 0) return;
  if (is_block(to.dtype) || (is_packed(to.dtype) && to.contiguous())) {
    // Packed elements fill whole bytes; block types begin as zero, which is all bits zero.
    const int rank = to.shape.rank();
    const auto bytes = storage_bytes(to.dtype, static_cast<uint64_t>(to.elements()),
                                     rank ? static_cast<uint64_t>(to.shape[rank - 1]) : 1);
    std::memset(to.data, std::to_integer<int>(pattern[0]), bytes.value_or(0));
    return;
  }
  alignas(8) std::byte one[8];
  std::copy(pattern.begin(), pattern.end(), one);
  const bool zero = std::all_of(pattern.begin(), pattern.end(), [](std::byte b) { return b == std::byte{0}; });
  if (zero && to.contiguous()) {
    std::memset(to.data, 0, static_cast<size_t>(to.elements()) * element_bytes(to.dtype));
    return;
  }
  copy(TensorView::dense(one, to.dtype, Shape()), to);
}

}  // namespace openinfer::cpu
