#include "oinf/type_tag.h"

#include <array>

namespace openinfer {
namespace {

// 14 and 15 are version 2's texts and arrays, which are no element types; 26 to 31 are free.
constexpr std::array<std::optional<DType>, 45> kByTag = {
    std::nullopt,  DType::i8,   DType::i16,   DType::i32,    DType::i64,     DType::u8,     DType::u16,   DType::u32,
    DType::u64,    DType::f16,  DType::f32,   DType::f64,    DType::boolean, DType::bitset, std::nullopt, std::nullopt,
    DType::bf16,   DType::f8,   DType::i4,    DType::i2,     DType::i1,      DType::u4,     DType::u2,    DType::u1,
    DType::t2,     DType::t1,   std::nullopt, std::nullopt,  std::nullopt,   std::nullopt,  std::nullopt, std::nullopt,
    DType::f8e4m3, DType::q8_0, DType::q4_0,  DType::q4_1,   DType::q5_0,    DType::q5_1,   DType::q2_k,  DType::q3_k,
    DType::q4_k,   DType::q5_k, DType::q6_k,  DType::iq4_nl, DType::iq4_xs,
};

}  // namespace

std::optional<DType> dtype_of_tag(uint32_t tag) { return tag < kByTag.size() ? kByTag[tag] : std::nullopt; }

uint8_t type_tag(DType dtype) {
  for (size_t tag = 0; tag < kByTag.size(); ++tag)
    if (kByTag[tag] == dtype) return static_cast<uint8_t>(tag);
  return 0;
}

}  // namespace openinfer
