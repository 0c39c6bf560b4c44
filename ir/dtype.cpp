#include "ir/dtype.h"

#include <array>

namespace openinfer {
namespace {

constexpr std::array kInfos = {
#define OINF_X(id, text, kind, bits, block, bytes) DTypeInfo{DType::id, text, DTypeKind::kind, bits, block, bytes},
    OINF_DTYPES(OINF_X)
#undef OINF_X
};

}  // namespace

const DTypeInfo& info(DType dtype) { return kInfos[static_cast<size_t>(dtype)]; }

size_t dtype_count() { return kInfos.size(); }

std::optional<DType> dtype_named(std::string_view name) {
  for (const DTypeInfo& i : kInfos)
    if (i.name == name) return i.dtype;
  return std::nullopt;
}

std::optional<uint64_t> storage_bytes(DType dtype, uint64_t elements, uint64_t row) {
  const DTypeInfo& i = info(dtype);
  uint64_t bytes = 0;
  if (i.kind == DTypeKind::block) {
    if (elements == 0) return 0;
    if (row == 0 || row % i.block != 0 || elements % row != 0) return std::nullopt;
    if (__builtin_mul_overflow(elements / i.block, static_cast<uint64_t>(i.block_bytes), &bytes)) return std::nullopt;
    return bytes;
  }
  if (__builtin_mul_overflow(elements, static_cast<uint64_t>(i.bits), &bytes)) return std::nullopt;
  if (bytes > UINT64_MAX - 7) return std::nullopt;
  return (bytes + 7) / 8;
}

}  // namespace openinfer
