// Element types of the language and the package.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace openinfer {

// clang-format off: a table
// One list makes enum, names and table.
//          id      text       kind           bits  block  block bytes   (block 1: plain or packed)
#define OINF_DTYPES(X)                              \
  X(f64, "f64", floating, 64, 1, 8)                 \
  X(f32, "f32", floating, 32, 1, 4)                 \
  X(f16, "f16", floating, 16, 1, 2)                 \
  X(bf16, "bf16", floating, 16, 1, 2)               \
  X(f8, "f8", floating, 8, 1, 1)           /* E5M2 */ \
  X(f8e4m3, "f8e4m3", floating, 8, 1, 1)   /* E4M3FN: finite only, one NaN */ \
  X(i64, "i64", signed_integer, 64, 1, 8)           \
  X(i32, "i32", signed_integer, 32, 1, 4)           \
  X(i16, "i16", signed_integer, 16, 1, 2)           \
  X(i8, "i8", signed_integer, 8, 1, 1)              \
  X(u64, "u64", unsigned_integer, 64, 1, 8)         \
  X(u32, "u32", unsigned_integer, 32, 1, 4)         \
  X(u16, "u16", unsigned_integer, 16, 1, 2)         \
  X(u8, "u8", unsigned_integer, 8, 1, 1)            \
  X(boolean, "bool", boolean, 8, 1, 1)     /* one byte, 0 or 1 */ \
  X(bitset, "bitset", bits, 8, 1, 1)       /* one byte an element */ \
  X(i4, "i4", packed_signed, 4, 1, 0)               \
  X(i2, "i2", packed_signed, 2, 1, 0)               \
  X(i1, "i1", packed_signed, 1, 1, 0)               \
  X(u4, "u4", packed_unsigned, 4, 1, 0)             \
  X(u2, "u2", packed_unsigned, 2, 1, 0)             \
  X(u1, "u1", packed_unsigned, 1, 1, 0)             \
  X(t2, "t2", packed_ternary, 2, 1, 0)     /* -1, 0, 1 */ \
  X(t1, "t1", packed_ternary, 1, 1, 0)     /* -1, 1 */ \
  X(q8_0, "q8_0", block, 8, 32, 34)                 \
  X(q4_0, "q4_0", block, 4, 32, 18)                 \
  X(q4_1, "q4_1", block, 4, 32, 20)                 \
  X(q5_0, "q5_0", block, 5, 32, 22)                 \
  X(q5_1, "q5_1", block, 5, 32, 24)                 \
  X(q2_k, "q2_k", block, 2, 256, 84)                \
  X(q3_k, "q3_k", block, 3, 256, 110)               \
  X(q4_k, "q4_k", block, 4, 256, 144)               \
  X(q5_k, "q5_k", block, 5, 256, 176)               \
  X(q6_k, "q6_k", block, 6, 256, 210)               \
  X(iq4_nl, "iq4_nl", block, 4, 32, 18)             \
  X(iq4_xs, "iq4_xs", block, 4, 256, 136)

// clang-format on

enum class DType : uint8_t {
#define OINF_X(id, text, kind, bits, block, bytes) id,
  OINF_DTYPES(OINF_X)
#undef OINF_X
};

enum class DTypeKind : uint8_t {
  floating,
  signed_integer,
  unsigned_integer,
  boolean,
  bits,
  packed_signed,
  packed_unsigned,
  packed_ternary,
  block
};

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  DTypeKind kind;
  uint8_t bits;          // of one element of a plain or packed type
  uint16_t block;        // elements of one block; 1 for plain and packed types
  uint16_t block_bytes;  // bytes of one block; 0 for packed types
};

[[nodiscard]] const DTypeInfo& info(DType dtype);
[[nodiscard]] inline std::string_view name(DType dtype) { return info(dtype).name; }
[[nodiscard]] std::optional<DType> dtype_named(std::string_view name);
[[nodiscard]] size_t dtype_count();

[[nodiscard]] inline bool is_float(DType t) { return info(t).kind == DTypeKind::floating; }
// i8 … u64
[[nodiscard]] inline bool is_integer(DType t) {
  return info(t).kind == DTypeKind::signed_integer || info(t).kind == DTypeKind::unsigned_integer;
}
[[nodiscard]] inline bool is_signed(DType t) {
  return info(t).kind == DTypeKind::signed_integer || info(t).kind == DTypeKind::packed_signed;
}
// i4 … u1, t2, t1: several elements a byte, LSB first
[[nodiscard]] inline bool is_packed(DType t) {
  return info(t).kind == DTypeKind::packed_signed || info(t).kind == DTypeKind::packed_unsigned ||
         info(t).kind == DTypeKind::packed_ternary;
}
[[nodiscard]] inline bool is_block(DType t) { return info(t).kind == DTypeKind::block; }
// An element begins on a byte and has a size of its own.
[[nodiscard]] inline bool is_plain(DType t) { return !is_packed(t) && !is_block(t); }
[[nodiscard]] inline size_t element_bytes(DType t) { return info(t).block_bytes; }  // plain types only

// Bytes of `elements` values stored densely in rows of `row` (the last axis; block types need row to be a multiple of
// the block, packed types are packed over the whole tensor). Nothing when it overflows or does not divide.
[[nodiscard]] std::optional<uint64_t> storage_bytes(DType dtype, uint64_t elements, uint64_t row);

}  // namespace openinfer
