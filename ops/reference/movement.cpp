// reshape, transpose, concat, pad, unfold: elements move as they are, bit by bit.
#include <cstring>

#include "ops/element.h"
#include "ops/reference/lists.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

template <class Bits>
void copy_bits(Parallel& parallel, const TensorView& to, const TensorView& from) {
  const Walk<2> walk(to.shape, {&to, &from});
  parallel.run(to.elements(), 8192, [&](int64_t begin, int64_t end, int) {
    walk.run(begin, end, INT64_MAX, [&](int64_t n, const std::array<int64_t, 2>& at) {
      std::byte* t = to.data + at[0] * static_cast<int64_t>(sizeof(Bits));
      const std::byte* f = from.data + at[1] * static_cast<int64_t>(sizeof(Bits));
      const int64_t ts = walk.stride(0) * static_cast<int64_t>(sizeof(Bits)),
                    fs = walk.stride(1) * static_cast<int64_t>(sizeof(Bits));
      if (walk.stride(0) == 1 && walk.stride(1) == 1) {
        std::memcpy(t, f, static_cast<size_t>(n) * sizeof(Bits));
        return;
      }
      for (int64_t i = 0; i < n; ++i) std::memcpy(t + i * ts, f + i * fs, sizeof(Bits));
    });
  });
}

// Several elements a byte: one thread writes them.
void copy_packed(const TensorView& to, int64_t first, const TensorView& from) {
  const Walk<2> walk(to.shape, {&to, &from});
  walk.run(0, to.elements(), 256, [&](int64_t n, const std::array<int64_t, 2>& at) {
    std::array<int64_t, 256> v;
    load_elements(from.data, from.dtype, at[1], walk.stride(1), n, v.data());
    store_elements(to.data, to.dtype, first + at[0], walk.stride(0), n, v.data());
  });
}

// `from` to the part of `to` that begins at its element `first`. Same shape, same type.
void copy(Parallel& parallel, TensorView to, const TensorView& from, int64_t first = 0) {
  if (is_packed(to.dtype)) return copy_packed(to, first, from);
  to.data += first * static_cast<int64_t>(element_bytes(to.dtype));
  switch (element_bytes(to.dtype)) {
    case 1:
      return copy_bits<uint8_t>(parallel, to, from);
    case 2:
      return copy_bits<uint16_t>(parallel, to, from);
    case 4:
      return copy_bits<uint32_t>(parallel, to, from);
    default:
      return copy_bits<uint64_t>(parallel, to, from);
  }
}

// Axes that sizes give are known only now.
bool differs(const KernelArgs& args, std::string_view op, const Shape& gives) {
  return args.fail(Code::R0003, "`" + std::string(op) + "` gives " + to_string(gives) + ", its result is " +
                                    to_string(args.outputs[0].shape));
}

bool reshape(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  if (is_packed(x.dtype)) {  // several elements a byte
    for (int64_t i = 0; i < y.elements(); ++i) set_element(y, i, element<int64_t>(x, i));
    return true;
  }
  // One of the two is walked; the other is found by its place in row-major order.
  const Walk<1> from(x.shape, {&x}), to(y.shape, {&y});
  const auto size = static_cast<int64_t>(element_bytes(x.dtype));
  threads(args).run(y.elements(), 8192, [&](int64_t begin, int64_t end, int) {
    int64_t place = begin;
    to.run(begin, end, INT64_MAX, [&](int64_t count, const std::array<int64_t, 1>& target) {
      std::byte* out = y.data + target[0] * size;
      from.run(place, place + count, INT64_MAX, [&](int64_t n, const std::array<int64_t, 1>& source) {
        const std::byte* in = x.data + source[0] * size;
        if (to.stride(0) == 1 && from.stride(0) == 1) {
          std::memcpy(out, in, static_cast<size_t>(n * size));
        } else {
          for (int64_t i = 0; i < n; ++i)
            std::memcpy(out + i * to.stride(0) * size, in + i * from.stride(0) * size, static_cast<size_t>(size));
        }
        out += n * to.stride(0) * size;
      });
      place += count;
    });
  });
  return true;
}

bool transpose(const KernelArgs& args) {
  TensorView x = args.inputs[0];
  const auto perm = args.attributes[0].integers();
  if (x.shape.rank() > 0 && perm.size() != static_cast<size_t>(x.shape.rank()))
    return differs(args, "transpose", x.shape);
  for (int i = 0; i < x.shape.rank(); ++i) {
    const int a = axis_of(perm[static_cast<size_t>(i)], x.shape.rank());
    if (a < 0) return args.fail(Code::R0005, "`transpose`: no axis " + std::to_string(perm[static_cast<size_t>(i)]));
    x.shape[i] = args.inputs[0].shape[a];
    x.strides[static_cast<size_t>(i)] = stride_of(args.inputs[0], a);
  }
  if (!(x.shape == args.outputs[0].shape)) return differs(args, "transpose", x.shape);
  copy(threads(args), args.outputs[0], x);
  return true;
}

bool concat(const KernelArgs& args) {
  const TensorView& y = args.outputs[0];
  const int axis = axis_of(args.attributes[0].i, y.shape.rank());
  if (axis < 0) return args.fail(Code::R0005, "`concat`: no axis " + std::to_string(args.attributes[0].i));
  Shape joined = y.shape;
  joined[axis] = 0;
  for (const TensorView& x : args.inputs) {
    joined[axis] += x.shape[axis];
    Shape rest = x.shape;
    rest[axis] = y.shape[axis];
    if (!(rest == y.shape)) return differs(args, "concat", x.shape);
  }
  if (!(joined == y.shape)) return differs(args, "concat", joined);
  int64_t at = 0;
  for (const TensorView& x : args.inputs) {
    TensorView part = y;
    part.shape = x.shape;
    if (x.elements() > 0) copy(threads(args), part, x, at * stride_of(y, axis));
    at += x.shape[axis];
  }
  return true;
}

enum class Pad { constant, reflect, edge, wrap };

// Where a cell in the padding comes from.
int64_t source(int64_t i, int64_t size, Pad mode) {
  if (mode == Pad::edge) return std::clamp<int64_t>(i, 0, size - 1);
  if (mode == Pad::wrap) return (i % size + size) % size;
  return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
}

bool pad(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const auto before = args.attributes[0].integers(), after = args.attributes[1].integers();
  const auto mode = static_cast<Pad>(args.attributes[2].i);
  const KernelAttr& value = args.attributes[3];
  for (int a = 0; mode != Pad::constant && a < x.shape.rank(); ++a) {
    const int64_t widest = std::max(before[static_cast<size_t>(a)], after[static_cast<size_t>(a)]);
    if (widest > 0 && (x.shape[a] == 0 || (mode == Pad::reflect && widest >= x.shape[a])))
      return args.fail(Code::R0003, "`pad`: axis " + std::to_string(a) + " of size " + std::to_string(x.shape[a]) +
                                        " cannot give " + std::to_string(widest) + " cells");
  }
  const bool packed = is_packed(x.dtype);
  const auto size = packed ? 0 : static_cast<int64_t>(element_bytes(x.dtype));
  std::array<std::byte, 8> constant{};
  is_float(x.dtype) ? store_element(constant.data(), x.dtype, 0, value.f)
                    : store_element(constant.data(), x.dtype, 0, value.i);
  threads(args).run(y.elements(), packed ? INT64_MAX : 1024, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t rest = i, from = 0, to = 0;
      bool inside = true;
      for (int a = y.shape.rank() - 1; a >= 0; --a) {
        const int64_t cell = rest % y.shape[a];
        int64_t c = cell - before[static_cast<size_t>(a)];
        rest /= y.shape[a];
        if (mode != Pad::constant) c = source(c, x.shape[a], mode);
        inside = inside && c >= 0 && c < x.shape[a];
        from += c * stride_of(x, a);
        to += cell * stride_of(y, a);
      }
      if (packed) {
        const auto v = load_element<int64_t>(inside ? x.data : constant.data(), x.dtype, inside ? from : 0);
        store_element(y.data, y.dtype, to, v);
        continue;
      }
      std::memcpy(y.data + to * size, inside ? x.data + from * size : constant.data(), static_cast<size_t>(size));
    }
  });
  return true;
}

bool unfold(const KernelArgs& args) {
  TensorView x = args.inputs[0];
  const int last = x.shape.rank() - 1;
  if (last + 2 > kMaxRank) return args.fail(Code::R0003, "`unfold`: the result would have more than 8 axes");
  const int64_t stride = stride_of(x, last);
  x.shape = args.outputs[0].shape;
  x.strides[static_cast<size_t>(last)] = stride * args.attributes[1].i;
  x.strides[static_cast<size_t>(last + 1)] = stride;
  copy(threads(args), args.outputs[0], x);
  return true;
}

const Kernel kKernels[] = {
    {"concat", "concat.reference", Isa::portable, nullptr, nullptr, concat},
    {"pad", "pad.reference", Isa::portable, nullptr, nullptr, pad},
    {"reshape", "reshape.reference", Isa::portable, nullptr, nullptr, reshape},
    {"transpose", "transpose.reference", Isa::portable, nullptr, nullptr, transpose},
    {"unfold", "unfold.reference", Isa::portable, nullptr, nullptr, unfold},
};

}  // namespace

KernelList movement_kernels() { return kKernels; }

}  // namespace openinfer::reference
