#include "ops/element.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "ops/blocks.h"
#include "ops/math/float_bits.h"

namespace openinfer {
namespace {

// ---- value to value
// --------------------------------------------------------------------------------------------------

// Truncation toward zero, limited to the range; NaN is 0.
template <class Int, class Real>
Int int_of_real(Real x) {
  if (!(x == x)) return 0;
  constexpr int kBits = std::numeric_limits<Int>::digits;
  const Real limit = std::ldexp(Real{1}, kBits);
  if (x >= limit) return std::numeric_limits<Int>::max();
  if (x <= (std::is_signed_v<Int> ? -limit : Real{0})) return std::numeric_limits<Int>::min();
  return static_cast<Int>(x);
}

template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return int_of_real<To>(x);
  } else if constexpr (std::is_same_v<To, float> && std::is_same_v<From, double>) {
    return math::canonical(static_cast<float>(x));
  } else {
    return static_cast<To>(x);
  }
}

// An f64 that rounds to every narrower float as `x` itself does: when it has to be inexact its last bit is set.
template <class Int>
double odd_f64(Int x) {
  const bool negative = x < Int{0};
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  const int extra = static_cast<int>(std::bit_width(size)) - 53;
  if (extra <= 0) return static_cast<double>(x);
  const uint64_t lost = size & ((uint64_t{1} << extra) - 1);
  const double d = std::ldexp(static_cast<double>(size >> extra | (lost != 0 ? 1 : 0)), extra);
  return negative ? -d : d;
}

template <class V>
double narrow_source(V x) {
  if constexpr (std::is_integral_v<V>) {
    return odd_f64(x);
  } else {
    return static_cast<double>(x);
  }
}

// ---- one stored element
// ----------------------------------------------------------------------------------------------

template <class T>
T read(const std::byte* base, int64_t i) {
  T x;
  std::memcpy(&x, base + i * static_cast<int64_t>(sizeof x), sizeof x);
  return x;
}
template <class T>
void write(std::byte* base, int64_t i, T x) {
  std::memcpy(base + i * static_cast<int64_t>(sizeof x), &x, sizeof x);
}

// Codecs: load gives a float, double, int64_t or uint64_t that holds the stored value exactly.
template <class T>
struct Plain {
  using Value =
      std::conditional_t<std::is_floating_point_v<T>, T, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
  static Value load(const std::byte* base, int64_t i) {
    if constexpr (std::is_floating_point_v<T>) {
      return math::canonical(read<T>(base, i));
    } else {
      return static_cast<Value>(read<T>(base, i));
    }
  }
  template <class V>
  static void store(std::byte* base, int64_t i, V x) {
    if constexpr (std::is_floating_point_v<T>) {
      write(base, i, math::canonical(convert<T>(x)));
    } else if constexpr (std::is_floating_point_v<V>) {
      write(base, i, int_of_real<T>(x));
    } else {
      write(base, i, static_cast<T>(x));
    }
  }
};

template <class Bits, float (*Widen)(Bits), Bits (*Narrow)(double)>
struct Small {
  static float load(const std::byte* base, int64_t i) { return Widen(read<Bits>(base, i)); }
  template <class V>
  static void store(std::byte* base, int64_t i, V x) {
    write(base, i, Narrow(narrow_source(x)));
  }
};
// Function pointers need functions that are not always inlined.
float widen_f16(uint16_t b) { return math::f32_of_f16(b); }
float widen_bf16(uint16_t b) { return math::f32_of_bf16(b); }
float widen_f8(uint8_t b) { return math::f32_of_f8(b); }
float widen_f8e4m3(uint8_t b) { return math::f32_of_f8e4m3(b); }
uint16_t narrow_f16(double x) { return math::f16_of_f64(x); }
uint16_t narrow_bf16(double x) { return math::bf16_of_f64(x); }
uint8_t narrow_f8(double x) { return math::f8_of_f64(x); }
uint8_t narrow_f8e4m3(double x) { return math::f8e4m3_of_f64(x); }

struct Bool {
  static uint64_t load(const std::byte* base, int64_t i) { return base[i] != std::byte{0} ? 1 : 0; }
  template <class V>
  static void store(std::byte* base, int64_t i, V x) {
    base[i] = std::byte{x != V{0}};
  }
};

// Bits wide, LSB first. Signed: two's complement, also ternary t2. t1: 0 is -1, 1 is 1.
template <int kBits, bool kSigned, bool kPlusMinus = false>
struct Packed {
  using Value = std::conditional_t<kSigned, int64_t, uint64_t>;
  static constexpr uint64_t kMask = (1u << kBits) - 1;
  static Value load(const std::byte* base, int64_t i) {
    const int64_t bit = i * kBits;
    const uint64_t u = static_cast<uint64_t>(base[bit / 8]) >> (bit % 8) & kMask;
    if constexpr (kPlusMinus) return u ? 1 : -1;
    if constexpr (kSigned) return static_cast<int64_t>(u << (64 - kBits)) >> (64 - kBits);
    return static_cast<Value>(u);
  }
  template <class V>
  static void store(std::byte* base, int64_t i, V x) {
    const int64_t bit = i * kBits;
    uint64_t u = static_cast<uint64_t>(convert<Value>(x)) & kMask;
    if constexpr (kPlusMinus) u = x > V{0} ? 1 : 0;
    const auto old = static_cast<uint64_t>(base[bit / 8]);
    base[bit / 8] = static_cast<std::byte>((old & ~(kMask << (bit % 8))) | u << (bit % 8));
  }
};

template <DType kType>
struct Block {
  static float load(const std::byte* base, int64_t i) { return block_element(kType, base, i); }
};

// Calls f with the codec of a type. Block types cannot be written.
template <class F>
void with_codec(DType type, const F& f) {
  switch (type) {
    case DType::f64:
      return f(Plain<double>{});
    case DType::f32:
      return f(Plain<float>{});
    case DType::f16:
      return f(Small<uint16_t, widen_f16, narrow_f16>{});
    case DType::bf16:
      return f(Small<uint16_t, widen_bf16, narrow_bf16>{});
    case DType::f8:
      return f(Small<uint8_t, widen_f8, narrow_f8>{});
    case DType::f8e4m3:
      return f(Small<uint8_t, widen_f8e4m3, narrow_f8e4m3>{});
    case DType::i64:
      return f(Plain<int64_t>{});
    case DType::i32:
      return f(Plain<int32_t>{});
    case DType::i16:
      return f(Plain<int16_t>{});
    case DType::i8:
      return f(Plain<int8_t>{});
    case DType::u64:
      return f(Plain<uint64_t>{});
    case DType::u32:
      return f(Plain<uint32_t>{});
    case DType::u16:
      return f(Plain<uint16_t>{});
    case DType::u8:
    case DType::bitset:
      return f(Plain<uint8_t>{});
    case DType::boolean:
      return f(Bool{});
    case DType::i4:
      return f(Packed<4, true>{});
    case DType::i2:
    case DType::t2:
      return f(Packed<2, true>{});
    case DType::i1:
      return f(Packed<1, true>{});
    case DType::t1:
      return f(Packed<1, true, true>{});
    case DType::u4:
      return f(Packed<4, false>{});
    case DType::u2:
      return f(Packed<2, false>{});
    case DType::u1:
      return f(Packed<1, false>{});
    case DType::q8_0:
      return f(Block<DType::q8_0>{});
    case DType::q4_0:
      return f(Block<DType::q4_0>{});
    case DType::q4_1:
      return f(Block<DType::q4_1>{});
    case DType::q5_0:
      return f(Block<DType::q5_0>{});
    case DType::q5_1:
      return f(Block<DType::q5_1>{});
    case DType::iq4_nl:
      return f(Block<DType::iq4_nl>{});
    case DType::q2_k:
      return f(Block<DType::q2_k>{});
    case DType::q3_k:
      return f(Block<DType::q3_k>{});
    case DType::q4_k:
      return f(Block<DType::q4_k>{});
    case DType::q5_k:
      return f(Block<DType::q5_k>{});
    case DType::q6_k:
      return f(Block<DType::q6_k>{});
    case DType::iq4_xs:
      return f(Block<DType::iq4_xs>{});
  }
}

}  // namespace

template <class V>
void load_elements(const std::byte* base, DType type, int64_t first, int64_t stride, int64_t n, V* out) {
  with_codec(type, [&](auto codec) {
    for (int64_t i = 0; i < n; ++i) out[i] = convert<V>(decltype(codec)::load(base, first + i * stride));
  });
}

template <class V>
void store_elements(std::byte* base, DType type, int64_t first, int64_t stride, int64_t n, const V* values) {
  with_codec(type, [&](auto codec) {
    if constexpr (requires { decltype(codec)::store(base, first, values[0]); })
      for (int64_t i = 0; i < n; ++i) decltype(codec)::store(base, first + i * stride, values[i]);
  });
}

template <class V>
V load_element(const std::byte* base, DType type, int64_t index) {
  V v{};
  load_elements(base, type, index, 1, 1, &v);
  return v;
}

template <class V>
void store_element(std::byte* base, DType type, int64_t index, V value) {
  store_elements(base, type, index, 1, 1, &value);
}

#define OINF_INSTANTIATE(V)                                                                \
  template void load_elements<V>(const std::byte*, DType, int64_t, int64_t, int64_t, V*);  \
  template void store_elements<V>(std::byte*, DType, int64_t, int64_t, int64_t, const V*); \
  template V load_element<V>(const std::byte*, DType, int64_t);                            \
  template void store_element<V>(std::byte*, DType, int64_t, V);
OINF_INSTANTIATE(float)
OINF_INSTANTIATE(double)
OINF_INSTANTIATE(int64_t)
OINF_INSTANTIATE(uint64_t)
#undef OINF_INSTANTIATE

}  // namespace openinfer
