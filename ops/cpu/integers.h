// One integer out of a tensor of any integer type. Positions and ids: a few a node.
#pragma once

#include "ir/shape.h"
#include "ops/math/inline.h"

namespace openinfer::cpu {

OINF_INLINE bool is_plain_integer(DType type) { return type >= DType::i64 && type <= DType::u8; }

OINF_INLINE int64_t integer_at(const TensorView& t, int64_t index) {
  switch (t.dtype) {
    case DType::i64:
      return t.as<const int64_t>()[index];
    case DType::i32:
      return t.as<const int32_t>()[index];
    case DType::i16:
      return t.as<const int16_t>()[index];
    case DType::i8:
      return t.as<const int8_t>()[index];
    case DType::u64:
      return static_cast<int64_t>(t.as<const uint64_t>()[index]);
    case DType::u32:
      return t.as<const uint32_t>()[index];
    case DType::u16:
      return t.as<const uint16_t>()[index];
    default:
      return t.as<const uint8_t>()[index];
  }
}

}  // namespace openinfer::cpu
